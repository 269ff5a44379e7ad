// Looks at a page as it is now, and returns its faults by kind. An element is told by its beginning.
() => {
  const short = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, " ");
  const visible = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const { scrollWidth, clientWidth } = document.documentElement;

  const HAN = /\p{Script=Han}/u;
  const language = (element) => element.closest("[lang]")?.lang ?? "";
  const tellsIt = (element) => /^zh-Han[st]$/.test(language(element));
  // A title holds no elements: in an English page the Chinese name of what it shows stands there as it is.
  const untold = [];
  const texts = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (HAN.test(data) && !parentElement.closest("script, style, title") && !tellsIt(parentElement)) untold.push(parentElement);
  }
  const spoken = ["title", "aria-label", "placeholder", "alt"];
  for (const element of document.querySelectorAll(spoken.map((name) => `[${name}]`).join())) {
    if (spoken.some((name) => HAN.test(element.getAttribute(name))) && !tellsIt(element)) untold.push(element);
  }

  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(visible);
  const levels = headings.map(({ localName }) => Number(localName[1]));
  const skips = headings.filter((_, at) => levels[at] > (at ? levels[at - 1] : 0) + 1);
  if (levels.filter((level) => level === 1).length !== 1) skips.push(document.body);

  return {
    "wider than the window": scrollWidth > clientWidth ? [`${scrollWidth} > ${clientWidth}`] : [],
    // Not what the eye can't see: a view named by a fragment is put on while the rest of the page still arrives.
    "layout shift": probe.shifts.reduce((sum, shift) => sum + parseFloat(shift), 0) < 0.001 ? [] : [...probe.shifts],
    "Han text whose language is not told": untold.map(short),
    "heading out of order": skips.map(short),
  };
}
