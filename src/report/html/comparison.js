// This run beside its baseline.

function comparisonPanel() {
  return null;
}
