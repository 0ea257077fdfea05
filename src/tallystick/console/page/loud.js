// Events that stand out: warnings, liquidations, and moves of loans by which collateral was taken.

const LOUD = new Set(["SpotWarned", "LiquidationStarted", "LiquidationEnded", "LoanWarned", "DebtCovered"]);
const TAKES = new Set(["forced_liquidation", "partial_liquidation", "forced_repayment_sell", "forced_repayment_buy"]);

// The class that colours such an event: a warning, or something worse.
export function loudness(event) {
  if (!isLoud(event)) return null;
  return event.kind.endsWith("Warned") ? "why" : "bad";
}

export function isLoud({ kind, fields }) {
  return LOUD.has(kind) || (kind === "LoanMoved" && TAKES.has(fields.kind));
}
