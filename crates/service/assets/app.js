// What htmx does not do: times in the reader's own zone, news from the service, all-or-none boxes.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const today = new Intl.DateTimeFormat(language, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const earlier = new Intl.DateTimeFormat(language, {
    day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", hourCycle: "h23" });

  const tellTimes = (within) => {
    for (const time of within.querySelectorAll("time[datetime]:not([title])")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const isToday = at.toDateString() === new Date().toDateString();
      time.textContent = (isToday && !("day" in time.dataset) ? today : earlier).format(at);
      time.title = full.format(at);
    }
  };

  // What is wider than the page can be reached by keys, too.
  const openWide = () => {
    for (const box of document.querySelectorAll(".scroll, .long, pre")) {
      if (box.clientWidth < box.scrollWidth || box.clientHeight < box.scrollHeight) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };

  const listen = () => {
    if (!document.querySelector("[data-live]")) return;
    const source = new EventSource("/live");
    const sign = () => document.getElementById("live-sign");
    source.addEventListener("changed", () => htmx.trigger(document.body, "news"));
    source.addEventListener("open", () => sign()?.classList.add("on"));
    source.addEventListener("error", () => sign()?.classList.remove("on"));
    window.addEventListener("pagehide", () => source.close());
  };

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-all]");
    if (!all) return;
    for (const box of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    tellTimes(event.target);
    openWide();
    document.getElementById("live-sign")?.classList.add("on");
  });
  document.addEventListener("htmx:load", (event) => tellTimes(event.detail.elt));
  window.addEventListener("resize", openWide);
  document.addEventListener("toggle", openWide, true);
  tellTimes(document);
  openWide();
  listen();
})();
