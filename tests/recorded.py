"""Recordings of real prices, for the few tests that want them. No package carries them: see `recordings/README.md`.

Such tests bear the mark `recorded`. In a tree without `recordings` that is no clone, as a source package unpacks, they
are deselected, and the end of the run says so.
"""

from __future__ import annotations

from pathlib import Path

from tallystick.venue.importing.market import import_market

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).with_name("recordings")
HOURS = FOLDER / "okx_2022q1"
FALL = ("BTC", "ETH", "SOL", "DOGE")
"""Coins of the crash of January 2022, whose candles of 5 minutes have no gap in it."""
SAID = "tests of recorded prices were deselected: this source package has none of the recordings (docs/market-data.md)"


def left_out(root: Path = ROOT) -> bool:
    """Test whether the recordings are not meant to be here. A clone without them is broken, and its tests fail."""
    return not (root / "tests" / FOLDER.name).is_dir() and not (root / ".git").exists()


def import_all(folder: Path) -> Path:
    """Import the recordings into a folder of markets, as a user would, under the names that their scenarios say."""
    import_market([HOURS / f"{ccy}-USDT_5m.csv.gz" for ccy in FALL], folder, "okx_2022q1", keep_gaps=True)
    import_market([FOLDER / "USDC-USDT_2023-03.csv"], folder, "kraken_2023_03")
    return folder
