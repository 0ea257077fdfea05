"""Frames of the live view, as a terminal of 80 columns and 24 lines shows them."""

from __future__ import annotations

ENGLISH = """\
Debts of 1001 at 2026-01-15T18:00:11.000Z

Spot debts
coin  debt       an hour  a year  last 24 h   next hour      available
USDC    90  0.00011416 %     1 %          0  0.00010273              0
USDT   500  0.00011416 %     1 %          0  0.00057077  2590.45094945

Margin ratio 309343.26 %; warned at 300 %, liquidated at 100 %.

Loan 3221144941363200000: 500 USDT against 0.03 BTC
######################-------------!---X-
LTV 56.69 %, warned at 88.31 %, liquidated at 98.52 %

One-click repay of USDC with USDC,BTC: under way, 10 repaid
pair      side    bound       size  filled at     filled  state
BTC-USDT  sell  29849.9  0.0030181    29999.5  0.0030181  filled

Interest is next charged in 59 min 49 s. Auto repay is off.





 q End\
"""
CHINESE = """\
1001 的负债，2026-01-15T18:00:11.000Z

现货负债
币种  负债      小时利率  年利率  近24小时利息  下一小时利息       可用余额
USDC    90  0.00011416 %     1 %             0    0.00010273              0
USDT   500  0.00011416 %     1 %             0    0.00057077  2590.45094945

保证金率 309343.26 %；预警线 300 %，强平线 100 %。

借款 3221144941363200000：500 USDT，质押 0.03 BTC
######################-------------!---X-
LTV 56.69 %，预警线 88.31 %，强平线 98.52 %

一键还债 USDC，使用 USDC,BTC：进行中，已还 10
交易对    方向     限价       数量   成交价     成交量  状态
BTC-USDT  sell  29849.9  0.0030181  29999.5  0.0030181  filled

距下次计息 59 分 49 秒。 自动还币已关闭。





 q 退出\
"""
