// The elements that the Tab key should reach but did not, and those on which the focus was not seen. Of a group of radio
// buttons one is reached: the arrow keys do the rest.
() => {
  const short = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, " ");
  const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]");
  const groups = new Set([...probe.focused].filter(({ type }) => type === "radio").map(({ name }) => name));
  const reachable = [...all].filter(
    (element) =>
      element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
      element.tabIndex >= 0 &&
      !element.disabled &&
      !element.closest("[inert]") &&
      !(element.type === "radio" && groups.has(element.name)),
  );
  return {
    stops: reachable.length,
    faults: {
      "not reached by Tab": reachable.filter((element) => !probe.focused.has(element)).map(short),
      "focus not seen": [...probe.unseen].filter((element) => element !== document.body).map(short),
    },
  };
}
