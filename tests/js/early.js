// Runs before anything of a page: notes each layout shift, and for each element that gets the focus whether that is seen.
window.probe = { shifts: [], focused: new Set(), unseen: new Set() };
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (shift.hadRecentInput) continue;
    const nodes = shift.sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
    probe.shifts.push(`${shift.value.toFixed(5)} ${nodes.join(" ")}`);
  }
}).observe({ type: "layout-shift", buffered: true });
addEventListener("focusin", ({ target }) => {
  probe.focused.add(target);
  const { outlineStyle, outlineWidth } = getComputedStyle(target);
  if (!target.matches(":focus-visible") || outlineStyle === "none" || parseFloat(outlineWidth) < 1) probe.unseen.add(target);
});
