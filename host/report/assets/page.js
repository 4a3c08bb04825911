// SPDX-License-Identifier: Apache-2.0

"use strict";
(() => {
  const root = document.documentElement;
  const specs = JSON.parse(document.getElementById("figure-data")?.textContent ?? "[]");
  const plots = [...document.querySelectorAll(".plot[data-figure]")];

  // The charts take their colours from the page's style, so both change together.
  function chartConfig() {
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue("--" + name).trim();
    const series = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => colour("s" + i));
    return {
      background: null,
      font: getComputedStyle(document.body).fontFamily,
      padding: 2,
      view: { stroke: null },
      mark: { color: series[0] },
      axis: {
        labelColor: colour("muted"), titleColor: colour("muted"), tickColor: colour("rule-strong"),
        domainColor: colour("rule-strong"), gridColor: colour("rule"), labelFontSize: 11.5,
        titleFontSize: 12, titleFontWeight: "normal", titlePadding: 8,
      },
      text: { color: colour("ink") },
      legend: { labelColor: colour("ink"), titleColor: colour("muted"), labelFontSize: 12 },
      range: { category: series },
    };
  }

  // Room for labels at the left of a scatter plot and between it and its histogram.
  const besidesScatter = 96;

  function fitted(spec, width) {
    const copy = structuredClone(spec);
    if (copy.hconcat) {
      const histogram = width < 480 ? 52 : 110;
      copy.hconcat[1].width = histogram;
      copy.hconcat[0].width = Math.max(120, width - histogram - besidesScatter);
    } else if (copy.usermeta?.square) {
      const room = Math.max(180, width - 130);
      copy.height = Math.min(copy.height, Math.max(200, room));
      copy.width = Math.min(copy.width, room);
    } else {
      copy.width = Math.min(width, spec.usermeta?.widest ?? width);
      copy.autosize = { type: "fit-x", contains: "padding" };
    }
    return copy;
  }

  function innerWidthOf(element) {
    const style = getComputedStyle(element);
    return element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  }

  let generation = 0;
  const views = new Map();
  const descriptions = new Map(plots.map((plot) => [plot, plot.getAttribute("aria-label")]));

  // The description belongs to the picture alone: what is in an element of role "img" is hidden from
  // screen readers, and the menu beside the picture must not be.
  function describe(plot) {
    plot.removeAttribute("role");
    plot.removeAttribute("aria-label");
    const picture = plot.querySelector("svg, canvas");
    picture?.setAttribute("role", "img");
    picture?.setAttribute("aria-label", descriptions.get(plot));
    plot.querySelector("summary")?.setAttribute("aria-label", "Save this figure");
  }

  async function drawAll() {
    const mine = ++generation;
    const config = chartConfig();
    for (const plot of plots) {
      const spec = specs[Number(plot.dataset.figure)];
      const points = JSON.stringify(spec.data ?? spec.hconcat?.[0]?.data ?? "").length;
      plot.classList.toggle("centred", Boolean(spec.usermeta?.square));
      try {
        views.get(plot)?.finalize();
        const result = await window.vegaEmbed(plot, fitted(spec, innerWidthOf(plot)), {
          mode: "vega-lite", config, ast: true, renderer: points > 60000 ? "canvas" : "svg",
          actions: { export: true, source: false, compiled: false, editor: false },
        });
        views.set(plot, result);
        describe(plot);
      } catch (error) {
        console.error(error);
        plot.textContent = "This figure cannot be drawn: " + error.message;
      }
      if (mine !== generation) return;
      await new Promise((resolve) => setTimeout(resolve));
    }
    root.dataset.figures = "drawn";
  }

  // Keeps a choice for the next visit where the browser allows pages from disk to do so.
  const memory = {
    get() { try { return localStorage.getItem("kenning-theme"); } catch { return null; } },
    set(value) { try { localStorage.setItem("kenning-theme", value); } catch { /* not kept */ } },
  };

  function setUpTheme() {
    const button = document.getElementById("theme");
    if (!button) return;
    const names = { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" };
    const order = Object.keys(names);
    const apply = (theme) => {
      if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
      button.textContent = names[theme];
    };
    let theme = names[memory.get()] ? memory.get() : "auto";
    apply(theme);
    button.hidden = false;
    button.addEventListener("click", () => {
      theme = order[(order.indexOf(theme) + 1) % order.length];
      memory.set(theme);
      apply(theme);
      if (window.vegaEmbed) drawAll();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      if (theme === "auto" && window.vegaEmbed) drawAll();
    });
  }

  function setUpContents() {
    const fold = document.querySelector(".contents details");
    if (!fold) return;
    const narrow = matchMedia("(max-width: 900px)");
    const adjust = () => { fold.open = !narrow.matches; };
    adjust();
    narrow.addEventListener("change", adjust);
    const links = new Map([...fold.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
    const headings = [...document.querySelectorAll("main h2, main h3")];
    let waiting = false;
    const mark = () => {
      waiting = false;
      const passed = headings.filter((h) => h.getBoundingClientRect().top < 120);
      const here = (passed.at(-1) ?? headings[0])?.id;
      for (const [id, link] of links) {
        link.classList.toggle("here", id === here);
        if (id === here) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    };
    addEventListener("scroll", () => {
      if (!waiting) { waiting = true; requestAnimationFrame(mark); }
    }, { passive: true });
    mark();
  }

  function setUpCopying() {
    if (!navigator.clipboard) return;
    for (const fold of document.querySelectorAll(".fold.code")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(fold.querySelector("code").textContent);
          button.textContent = "Copied";
        } catch { button.textContent = "Not allowed"; }
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
      fold.append(button);
    }
  }

  // Paper shows everything.
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details.fold")) fold.open = true;
  });

  setUpTheme();
  setUpContents();
  setUpCopying();
  if (window.vegaEmbed && plots.length > 0) {
    let width = root.clientWidth;
    let timer = 0;
    addEventListener("resize", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (root.clientWidth !== width) { width = root.clientWidth; drawAll(); }
      }, 200);
    });
    drawAll();
  } else {
    root.dataset.figures = "drawn";
  }
})();
