// Draws what is in view: unpacks the points of the page, thins them to the columns of pixels (M4), and hands them to bokeh.
"use strict";
(async () => {
  const read = (name) => JSON.parse(document.getElementById(name).textContent);
  const spec = read("spec");
  const columns = 1500;
  const lasting = 4000;

  async function unpack(layer, number) {
    const packed = Uint8Array.from(atob(read(`layer-${number}`)), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    const scales = { x: spec.xScale, x_to: spec.xScale, y: layer.yScale, y_to: layer.yScale };
    let offset = 0;
    const found = {};
    for (const [name, how, first] of layer.columns) {
      const scale = scales[name] ?? 1;
      const values = new Float64Array(layer.size);
      const raw = how === "i4" ? new Int32Array(buffer, offset, layer.size) : new Float64Array(buffer, offset, layer.size);
      let sum = first;
      for (let i = 0; i < raw.length; i++) {
        if (how === "i4") sum += raw[i]; else sum = raw[i];
        values[i] = sum * scale;
      }
      found[name] = values;
      offset += Math.ceil(raw.byteLength / 8) * 8;
    }
    const texts = offset < buffer.byteLength ? JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, offset))) : null;
    return { shape: layer.shape, labelled: layer.labelled, columns: found, texts };
  }

  // The first index whose x is at least this.
  function bound(x, value) {
    let low = 0, high = x.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
  }

  // Of each column of pixels the first, the last, the lowest and the highest point.
  function m4(x, low, high, from, to, start, end) {
    const picked = [];
    let column = -1, first = 0, least = 0, most = 0, last = 0;
    const flush = () => {
      if (column < 0) return;
      for (const i of [first, least, most, last].sort((a, b) => a - b)) {
        if (picked.length === 0 || picked[picked.length - 1] !== i) picked.push(i);
      }
    };
    for (let i = from; i < to; i++) {
      const here = Math.max(0, Math.floor(((x[i] - start) / (end - start)) * columns));
      if (here !== column) {
        flush();
        column = here;
        first = least = most = i;
      }
      if (low[i] < low[least]) least = i;
      if (high[i] > high[most]) most = i;
      last = i;
    }
    flush();
    return picked;
  }

  function visible(layer, start, end) {
    const { x, y, x_to, y_to } = layer.columns;
    if (x_to) {
      let picked = [];
      for (let i = 0; i < x.length && x[i] <= end; i++) if (x_to[i] >= start) picked.push(i);
      if (picked.length > lasting) {
        picked.sort((a, b) => x_to[b] - x[b] - (x_to[a] - x[a]));
        picked = picked.slice(0, lasting).sort((a, b) => a - b);
      }
      return picked;
    }
    // A line goes on to the next point outside.
    const from = Math.max(0, bound(x, start) - 1), to = Math.min(x.length, bound(x, end) + 2);
    if (layer.shape === "vline" && to - from > spec.boundaries) return [];
    if (to - from > 4 * columns) return m4(x, y, y_to ?? y, from, to, start, end);
    return Array.from({ length: to - from }, (_, i) => from + i);
  }

  function show(source, layer, start, end) {
    const picked = visible(layer, start, end);
    const data = {};
    for (const [name, values] of Object.entries(layer.columns)) data[name] = Float64Array.from(picked, (i) => values[i]);
    if (layer.texts) data.text = picked.map((i) => layer.texts[i]);
    if (layer.labelled) {
      data.label = picked.map((i) => (picked.length > spec.labels ? "" : layer.texts[i].split(", ")[0]));
      data.align = picked.map((i) => (layer.columns.y[i] === 0 ? "right" : "left"));
    }
    source.data = data;
    return data;
  }

  // The lowest and the highest value in view; a line comes in with the value it had before.
  function extend(extent, data, shape, start, end) {
    for (let i = 0; i < data.x.length; i++) {
      const before = shape === "step" && data.x[i] < start && !(data.x[i + 1] < start);
      if ((data.x[i] >= start && data.x[i] <= end) || before) {
        const other = data.y_to ? data.y_to[i] : data.y[i];
        extent[0] = Math.min(extent[0], data.y[i], other);
        extent[1] = Math.max(extent[1], data.y[i], other);
      }
    }
  }

  await Bokeh.embed.embed_item(read("item"));
  const documents = Bokeh.documents;
  const model = (name) => documents[documents.length - 1].get_model_by_name(name);

  // Light or dark, as the reader's system is.
  const preference = matchMedia("(prefers-color-scheme: dark)");
  function dress() {
    const [ink, paper, line] = preference.matches ? ["#dddddd", "#181a1b", "#3a3d3f"] : ["#222222", "#ffffff", "#e5e5e5"];
    for (let i = 0; i < spec.panels; i++) {
      const plot = model(`panel-${i}`);
      plot.setv({ background_fill_color: paper, border_fill_color: paper, outline_line_color: line });
      for (const part of [...plot.left, ...plot.below, ...plot.right, ...plot.center]) {
        if (part.type.endsWith("Axis")) {
          part.setv({ axis_label_text_color: ink, major_label_text_color: ink, axis_line_color: ink, major_tick_line_color: ink, minor_tick_line_color: line });
        } else if (part.type === "Grid") {
          part.setv({ grid_line_color: line });
        } else if (part.type === "Legend") {
          part.setv({ label_text_color: ink, background_fill_color: paper, border_line_color: null, inactive_fill_color: paper });
        }
      }
    }
  }
  dress();
  preference.addEventListener("change", dress);

  // The evidence of the stall that was clicked.
  const stalls = model("stalls");
  if (stalls) {
    stalls.selected.properties.indices.change.connect(() => {
      const rows = stalls.selected.indices.slice(0, 1).flatMap((i) => spec.stalls[i]);
      document.getElementById("evidence").replaceChildren(...rows.map((row) => {
        const line = document.createElement("tr");
        for (const text of row) line.appendChild(document.createElement("td")).textContent = text;
        return line;
      }));
    });
  }

  const layers = await Promise.all(spec.layers.map(unpack));
  const sources = layers.map((_, i) => model(`source-${i}`));
  const plots = Array.from({ length: spec.panels }, (_, i) => model(`panel-${i}`));
  const drawn = sources.map((source, i) => plots[spec.layers[i].panel].renderers.find((renderer) => renderer.data_source === source));
  const range = plots[0].x_range;
  // The y axis follows what is in view until a person moves it, and again after a reset.
  const follows = plots.map((_, i) => !spec.lanes[i]);
  let waiting = false, fitting = false;
  function draw() {
    waiting = false;
    const start = Math.min(range.start, range.end), end = Math.max(range.start, range.end);
    const extents = plots.map(() => [Infinity, -Infinity]);
    layers.forEach((layer, i) => {
      const data = show(sources[i], layer, start, end);
      if (drawn[i].visible && layer.shape !== "vline") extend(extents[spec.layers[i].panel], data, layer.shape, start, end);
    });
    fitting = true;
    extents.forEach(([low, high], i) => {
      const margin = 0.05 * (high - low) || 1;
      if (follows[i] && low <= high) plots[i].y_range.setv({ start: low - margin, end: high + margin });
    });
    fitting = false;
  }
  const soon = () => {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  };
  range.properties.start.change.connect(soon);
  range.properties.end.change.connect(soon);
  drawn.forEach((renderer) => renderer.properties.visible.change.connect(soon));
  plots.forEach((plot, i) => {
    const moved = () => {
      if (!fitting) follows[i] = false;
    };
    plot.y_range.properties.start.change.connect(moved);
    plot.y_range.properties.end.change.connect(moved);
    plot.on_event("reset", () => {
      follows[i] = !spec.lanes[i];
      soon();
    });
  });
  draw();
  document.body.dataset.ready = "true";
})();
