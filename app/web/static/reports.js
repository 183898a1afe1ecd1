/* Charts of reports: each is drawn from the table of numbers below it, so that both say the same. */
"use strict";
(() => {
  const BLUE = "#1456a0", SOFT = "#55637a", LINE = "#d6dde7", RED = "#c22525";
  const COLOURS = [BLUE, "#1b7a46", "#7a4a9c", "#8a5a00"];
  const DASHES = ["solid", "dashed", "dotted", [8, 3, 2, 3]];
  const MARKS = ["circle", "rect", "triangle", "diamond"];
  const FONT = getComputedStyle(document.body).fontFamily;

  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const valueOf = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
  const texts = (some) => [...some].map((one) => one.textContent.trim());

  /* What the table says: names of rows, names of columns, and numbers column by column. */
  function read(figure) {
    const heads = [...figure.querySelectorAll("thead th")].slice(1);
    const rows = [...figure.querySelectorAll("tbody tr")];
    const columns = heads.map((head, place) => ({
      name: head.textContent.trim(),
      key: head.dataset.key,
      values: rows.map((row) => valueOf(row.querySelectorAll("td")[place])),
    }));
    return { at: texts(rows.map((row) => row.querySelector("th"))), columns };
  }

  function written(value, isRate) {
    if (value === null || value === undefined) return "–";
    return isRate ? `${(value * 100).toFixed(1)}%` : value.toLocaleString("en");
  }

  function line({ at, columns }, isRate, size) {
    const text = { color: SOFT, fontSize: size, fontFamily: FONT };
    return {
      animation: false,
      textStyle: { fontFamily: FONT, fontSize: size },
      grid: { left: size, right: size * 2, top: size * 3, bottom: size, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { fontSize: size, fontFamily: FONT }, itemWidth: size * 2.5, itemHeight: size * 0.8 },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, textStyle: { fontSize: size, fontFamily: FONT },
        valueFormatter: (value) => written(value, isRate),
      },
      xAxis: { type: "category", data: at, boundaryGap: false, axisLabel: text, axisLine: { lineStyle: { color: SOFT } } },
      yAxis: {
        type: "value", min: 0, max: isRate ? 1 : undefined, minInterval: isRate ? 0 : 1,
        axisLabel: { ...text, formatter: (value) => (isRate ? `${Math.round(value * 100)}%` : written(value, false)) },
        splitLine: { lineStyle: { color: LINE } },
      },
      // Red is for what is overdue, and for nothing else; lines differ by their marks and dashes as well.
      series: columns.map(({ name, key, values }, place) => ({
        name, type: "line", data: values, connectNulls: true,
        color: key === "overdue" ? RED : COLOURS[place], symbol: MARKS[place], symbolSize: size * 0.5,
        lineStyle: { width: Math.max(2, size / 8), type: DASHES[place] },
      })),
    };
  }

  /* Names without what all of them end with: districts, not "… 治理中心" forty times. */
  function shortened(names) {
    const least = Math.min(...names.map((name) => name.length));
    let same = 0;
    while (same < least - 1 && names.every((name) => name.at(-1 - same) === names[0].at(-1 - same))) same += 1;
    return names.map((name) => name.slice(0, name.length - same));
  }

  function bar({ at, columns }, isRate, size) {
    const names = shortened(at);
    const text = { fontSize: size, fontFamily: FONT };
    return {
      animation: false,
      grid: { left: 0, right: size * 4, top: 0, bottom: 0, containLabel: true },
      tooltip: { trigger: "item", renderMode: "richText", confine: true, textStyle: text, valueFormatter: (value) => written(value, isRate) },
      xAxis: { type: "value", min: 0, max: isRate ? 1 : undefined, show: false },
      yAxis: {
        type: "category", inverse: true, data: names.map((name, place) => `${columns[1].values[place]}  ${name}`),
        axisLabel: { ...text, color: "#17212e", width: size * 13, overflow: "truncate", interval: 0 }, axisTick: { show: false }, axisLine: { lineStyle: { color: LINE } },
      },
      series: [{
        type: "bar", name: columns[0].name, data: columns[0].values, color: BLUE, barMaxWidth: size * 1.1,
        label: { show: true, position: "right", ...text, formatter: ({ value }) => written(value, isRate) },
      }],
    };
  }

  function draw(figure) {
    const canvas = figure.querySelector(".canvas");
    const told = read(figure);
    const isBar = figure.dataset.chart === "bar";
    const chart = echarts.init(canvas, null, { renderer: "canvas" });
    const paint = () => {
      const size = rem() * 0.8;
      if (isBar) canvas.style.height = `${Math.max(told.at.length * size * 1.9, size * 6)}px`;
      chart.resize();
      chart.setOption((isBar ? bar : line)(told, "rate" in figure.dataset, size), true);
    };
    paint();
    new ResizeObserver(paint).observe(figure);
    figure.dataset.drawn = "true";
  }

  document.querySelectorAll("[data-chart]").forEach(draw);
  // On paper the meanings of figures are wanted, too.
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
})();
