// Part of the pages that `make devserver` serves: loads the page again when another site is published, and shows why
// a build failed while the old site stands.
(() => {
  const site = new URL(document.currentScript.src).searchParams.get("site");
  const box = document.createElement("pre");
  box.lang = "en";
  box.tabIndex = 0; // so that the keyboard can scroll it
  box.setAttribute("role", "alert");
  box.style.cssText =
    "position: fixed; z-index: 99; inset: auto 0 0; max-height: 40vh; overflow: auto; margin: 0; padding: 1em;" +
    "border-top: 4px solid #b00020; background: #fff; color: #8a0018; font: 14px/1.5 monospace; white-space: pre-wrap";
  let events;

  const hear = ({ data }) => {
    const state = JSON.parse(data);
    if (state.site !== site) {
      location.reload();
    } else if (state.fault) {
      document.body.append(box); // before its text: what comes into an alert is read out
      box.textContent = `The build failed; this is the site as it was.\n${state.fault}`;
    } else {
      box.remove();
    }
  };

  // A tab that nobody sees listens to nothing: a browser keeps few connections to one server.
  const listen = () => {
    events?.close();
    events = document.hidden ? null : new EventSource("/.tongbao/events");
    if (events) events.onmessage = hear;
  };

  document.addEventListener("visibilitychange", listen);
  listen();
})();
