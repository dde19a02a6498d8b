"use strict";
/* The table of all attempts: its rows and what there is to say of each come compressed in this file. Only the rows in
 * sight are in the document. Text from the capture is only ever set as text; a detail is markup that the program made,
 * with all of the capture's text escaped. */
(() => {
  document.documentElement.classList.add("js");
  const $ = (id) => document.getElementById(id);
  const ROW = 34, MARGIN = 12, MOST_ROWS = 400000;

  /* ---- Data ---- */

  const bytesOf = (text) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return bytes;
  };
  const unpack = async (block) => {
    const stream = new Blob([bytesOf(block.textContent)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream).text();
  };
  const blocks = (name) => [...document.querySelectorAll(`script[data-block=${name}]`)];

  /* Each different text once: a column of numbers is small, quick to compare and to sort. */
  const dictionary = () => {
    const index = new Map(), words = [];
    const add = (word) => {
      let at = index.get(word);
      if (at === undefined) { at = words.length; index.set(word, at); words.push(word); }
      return at;
    };
    return { add, words, index };
  };
  /* The place of each word in order: IPv4 addresses by their numbers, and before all else. */
  const order = (words) => {
    const collate = new Intl.Collator("en", { numeric: true }).compare;
    const keys = words.map((word) => /^\d+\.\d+\.\d+\.\d+$/.test(word) ? word.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) : word);
    const compare = (a, b) => typeof a === typeof b ? (typeof a === "number" ? a - b : collate(a, b)) : typeof a === "number" ? -1 : 1;
    const sorted = words.map((_, i) => i).sort((a, b) => compare(keys[a], keys[b]));
    const rank = new Uint32Array(words.length);
    sorted.forEach((word, place) => { rank[word] = place; });
    return rank;
  };

  const meta = { offset: 0, byLine: false, causes: [], sources: [] };
  const readMeta = (text) => {
    for (const line of text.split("\n")) {
      const f = line.split("\t");
      if (f[0] === "offset") { meta.offset = Number(f[1]); meta.byLine = f[2] === "1"; }
      else if (f[0] === "cause") meta.causes[f[1]] = { name: f[2], words: f[3], failed: f[4] === "1" };
      else if (f[0] === "source") meta.sources.push(f[1]);
    }
  };

  let rows;
  const clients = dictionary(), hosts = dictionary(), headlines = dictionary();
  /* COLUMNS of a line: time since the one before, client, its port, host, its port, cause, headline, sure, took, source,
   * rank. */
  const readRows = (text, count) => {
    rows = {
      count, time: new Float64Array(count), client: new Uint32Array(count), clientPort: new Uint16Array(count), host: new Uint32Array(count),
      hostPort: new Uint16Array(count), cause: new Uint8Array(count), headline: new Uint32Array(count), sure: new Uint8Array(count),
      took: new Float64Array(count), source: new Uint8Array(count), rank: new Int8Array(count), place: new Uint32Array(count),
    };
    const ranks = new Uint32Array(64);
    let time = 0, at = 0;
    for (let i = 0; i < count; i++) {
      const end = text.indexOf("\n", at);
      const f = text.slice(at, end).split("\t");
      at = end + 1;
      time += Number(f[0]);
      rows.time[i] = time;
      rows.client[i] = clients.add(f[1]);
      rows.clientPort[i] = Number(f[2]);
      rows.host[i] = hosts.add(f[3]);
      rows.hostPort[i] = Number(f[4]);
      rows.cause[i] = Number(f[5]);
      rows.headline[i] = headlines.add(f[6]);
      rows.sure[i] = Number(f[7]);
      rows.took[i] = Number(f[8]);
      rows.source[i] = Number(f[9]);
      const rank = Number(f[10]);
      rows.rank[i] = rank;
      if (rank >= 0) rows.place[i] = ranks[rank]++;
    }
  };

  /* The detail of a row lies in the blocks of its rank, in the order of the rows. */
  let details = [];
  const readDetails = () => {
    for (const block of blocks("details")) {
      const of = details[block.dataset.rank] ||= { first: [], blocks: [], count: 0, texts: [] };
      of.first.push(of.count);
      of.blocks.push(block);
      of.count += Number(block.dataset.count);
    }
  };
  const detailOf = async (row) => {
    const of = details[rows.rank[row]], place = rows.place[row];
    if (rows.rank[row] < 0 || !of || place >= of.count) return null;
    let low = 0, high = of.first.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (of.first[middle] <= place) low = middle; else high = middle - 1;
    }
    of.texts[low] ||= (await unpack(of.blocks[low])).split("\x1e");
    return of.texts[low][place - of.first[low]];
  };

  /* ---- Words ---- */

  const two = (n) => String(n).padStart(2, "0");
  const moment = (us) => {
    const at = new Date(Math.floor((us + meta.offset) / 1000));
    const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;
    if (meta.byLine && us < 86400e9) return clock;
    return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${clock}`;
  };
  const duration = (us) => {
    if (us < 1e4) return `${(us / 1e3).toFixed(2)} ms`;
    if (us < 1e6) return `${Math.floor(us / 1e3)} ms`;
    const s = Math.floor(us / 1e6);
    if (s < 60) return `${(us / 1e6).toFixed(1)} s`;
    return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  };
  const number = (n) => n.toLocaleString("en");
  const withPort = (words, port) => !port ? words : words.includes(":") ? `[${words}]:${port}` : `${words}:${port}`;

  /* ---- What is shown ---- */

  /* All rows as they are sorted, and of them those that the filters let through. */
  let ordered, shown = new Uint32Array(0), chosen = -1, sortBy = "time", descending = false;

  const matches = (words, text) => {
    const flags = new Uint8Array(words.length);
    for (let i = 0; i < words.length; i++) flags[i] = words[i].toLowerCase().includes(text) ? 1 : 0;
    return flags;
  };
  /* A name that is there whole means that one; else all that hold it. */
  const chosenOf = (list, text) => {
    if (!text) return null;
    if (list.index.has(text)) { const flags = new Uint8Array(list.words.length); flags[list.index.get(text)] = 1; return flags; }
    return matches(list.words, text.toLowerCase());
  };
  const filter = () => {
    const text = $("f-text").value.trim().toLowerCase(), cause = $("f-cause").value === "" ? -1 : Number($("f-cause").value);
    const byClient = chosenOf(clients, $("f-client").value.trim()), byHost = chosenOf(hosts, $("f-host").value.trim());
    const failed = $("f-failed").checked, found = new Uint32Array(rows.count);
    const inClient = text && matches(clients.words, text), inHost = text && matches(hosts.words, text);
    const inHeadline = text && matches(headlines.words, text), inCause = text && matches(meta.causes.map((c) => c.name), text);
    let count = 0;
    for (const i of ordered) {
      if (cause >= 0 && rows.cause[i] !== cause) continue;
      if (failed && !meta.causes[rows.cause[i]].failed) continue;
      if (byClient && !byClient[rows.client[i]]) continue;
      if (byHost && !byHost[rows.host[i]]) continue;
      if (text && !inClient[rows.client[i]] && !inHost[rows.host[i]] && !inHeadline[rows.headline[i]] && !inCause[rows.cause[i]]) continue;
      found[count++] = i;
    }
    shown = found.subarray(0, count);
    render(true);
  };

  let ranks;
  const keyOf = () => {
    const by = (column, rank) => (i) => rank[column[i]];
    switch (sortBy) {
      case "client": return by(rows.client, ranks.client ||= order(clients.words));
      case "host": return by(rows.host, ranks.host ||= order(hosts.words));
      case "cause": return by(rows.headline, ranks.headline ||= order(headlines.words));
      case "sure": return (i) => rows.sure[i];
      case "took": return (i) => rows.took[i];
      case "file": return (i) => rows.source[i];
      default: return (i) => rows.time[i];
    }
  };
  const sort = () => {
    const key = keyOf(), keys = new Float64Array(rows.count), sign = descending ? -1 : 1;
    let inOrder = true;
    for (let i = 0; i < rows.count; i++) {
      keys[i] = sign * key(i);
      inOrder &&= i === 0 || keys[i - 1] <= keys[i];
    }
    ordered = Uint32Array.from(keys.keys());
    if (!inOrder) ordered.sort((a, b) => keys[a] - keys[b] || a - b);
    for (const th of document.querySelectorAll("#table th")) {
      if (th.dataset.sort === sortBy) th.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    filter();
  };

  const cell = (tr, words, kind) => {
    const td = tr.insertCell();
    td.textContent = words;
    if (kind) td.className = kind;
    td.title = words;
    return td;
  };
  const gap = (height) => {
    const tr = document.createElement("tr"), td = tr.insertCell();
    tr.className = "gap";
    tr.setAttribute("aria-hidden", "true");
    td.colSpan = meta.sources.length > 1 ? 7 : 6;
    td.style.height = `${height}px`;
    return tr;
  };
  const rowOf = (place) => {
    const i = shown[place], tr = document.createElement("tr"), cause = meta.causes[rows.cause[i]];
    tr.className = i === chosen ? "row chosen" : "row";
    tr.dataset.place = place;
    tr.setAttribute("aria-rowindex", place + 2);
    const open = document.createElement("button");
    open.type = "button";
    open.className = "link";
    open.textContent = moment(rows.time[i]);
    open.setAttribute("aria-expanded", String(i === chosen));
    tr.insertCell().append(open);
    cell(tr, withPort(clients.words[rows.client[i]], rows.clientPort[i]), "mono");
    cell(tr, withPort(hosts.words[rows.host[i]], rows.hostPort[i]), "mono");
    const what = cell(tr, "");
    const dot = document.createElement("span");
    dot.className = `dot c-${cause.name}`;
    what.append(dot, headlines.words[rows.headline[i]]);
    what.title = `${cause.name}: ${headlines.words[rows.headline[i]]}`;
    cell(tr, cause.name === "none" || cause.name === "undetermined" ? "" : `${rows.sure[i]} %`, "num");
    cell(tr, duration(rows.took[i]), "num");
    if (meta.sources.length > 1) {
      const source = meta.sources[rows.source[i]] ?? "";
      cell(tr, source.slice(source.lastIndexOf("/") + 1)).title = source;
    }
    return tr;
  };

  let from = -1, to = -1;
  const render = (anew) => {
    const box = $("scroll"), most = Math.min(shown.length, MOST_ROWS);
    const first = Math.max(0, Math.min(most, Math.floor(box.scrollTop / ROW)) - MARGIN);
    const last = Math.min(most, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + MARGIN);
    if (!anew && first === from && last === to) return;
    from = first; to = last;
    const focused = document.activeElement?.closest?.("tr.row")?.dataset.place;
    const all = [];
    if (first > 0) all.push(gap(first * ROW));
    for (let place = first; place < last; place++) all.push(rowOf(place));
    if (last < most) all.push(gap((most - last) * ROW));
    $("body").replaceChildren(...all);
    if (focused !== undefined) $("body").querySelector(`tr[data-place="${focused}"] button`)?.focus({ preventScroll: true });
    if (!anew) return;
    $("table").setAttribute("aria-rowcount", shown.length + 1);
    const count = shown.length === rows.count ? `${number(rows.count)} attempts` : `${number(shown.length)} of ${number(rows.count)} attempts`;
    $("count").textContent = shown.length > MOST_ROWS ? `${count}; the first ${number(MOST_ROWS)} are shown` : count;
    $("none").hidden = shown.length > 0;
    box.hidden = shown.length === 0;
    box.classList.toggle("short", shown.length <= 12);
  };

  /* ---- One attempt ---- */

  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  };
  const close = () => {
    const place = shown.indexOf(chosen);
    chosen = -1;
    $("detail").hidden = true;
    render(true);
    if (place >= 0) focusOn(place);
  };
  const choose = async (place) => {
    const row = shown[place];
    chosen = row;
    const markup = await detailOf(row);
    if (chosen !== row) return;
    const box = $("detail"), bar = document.createElement("div");
    bar.className = "bar";
    bar.append(button("Previous", () => place > 0 && choose(place - 1)), button("Next", () => place + 1 < shown.length && choose(place + 1)),
      button("Close", close));
    box.innerHTML = markup ?? "";
    if (!markup) {
      const article = document.createElement("article"), h3 = document.createElement("h3"), p = document.createElement("p");
      const failed = meta.causes[rows.cause[row]].failed;
      article.className = "detail";
      h3.textContent = headlines.words[rows.headline[row]];
      p.className = "note";
      p.textContent = failed ? "The packets and the advice of this attempt were left out to keep the page small: it is like others that have theirs." :
        "Nothing failed here: there is no more to say.";
      article.append(h3, p);
      box.append(article);
    }
    box.firstElementChild.prepend(bar);
    box.hidden = false;
    render(true);
    box.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  };
  const focusOn = (place) => {
    const box = $("scroll"), top = place * ROW, head = $("table").tHead.offsetHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + ROW + head > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW + head - box.clientHeight;
    render(false);
    $("body").querySelector(`tr[data-place="${place}"] button`)?.focus({ preventScroll: true });
  };

  /* ---- Copying ---- */

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  const adviceOf = (item) => {
    const at = item.querySelector(".at").textContent, text = (item.querySelector("code") ?? item.querySelector("p")).textContent;
    const why = item.querySelector(".why")?.textContent;
    return `${at ? `${at}: ` : ""}${text}${why ? `  # ${why}` : ""}`;
  };
  document.addEventListener("click", async (event) => {
    const pressed = event.target.closest("button.copy");
    if (!pressed) return;
    const text = pressed.classList.contains("all")
      ? [...pressed.closest("article").querySelectorAll(".todo li")].map(adviceOf).join("\n")
      : pressed.closest("li").querySelector("code").textContent;
    const words = pressed.textContent;
    await copy(text);
    if (words === "Copied") return;
    pressed.textContent = "Copied";
    setTimeout(() => { pressed.textContent = words; }, 1500);
  });

  /* ---- Filters ---- */

  const option = (value, words) => { const made = document.createElement("option"); made.value = value; made.textContent = words; return made; };
  const fillFilters = () => {
    const counts = new Map();
    for (const cause of rows.cause) counts.set(cause, (counts.get(cause) ?? 0) + 1);
    for (const [cause, count] of [...counts].sort((a, b) => b[1] - a[1])) $("f-cause").append(option(cause, `${meta.causes[cause].name} (${number(count)})`));
    const frequent = (column, list) => {
      const count = new Uint32Array(list.words.length);
      for (const at of column) count[at]++;
      const places = [...count.keys()], often = places.filter((i) => count[i] > 1).sort((a, b) => count[b] - count[a]);
      return (often.length ? often : places).slice(0, 60).map((i) => list.words[i]);
    };
    for (const word of frequent(rows.client, clients)) $("l-client").append(option(word, ""));
    for (const word of frequent(rows.host, hosts)) $("l-host").append(option(word, ""));
  };
  const changed = () => { chosen = -1; $("detail").hidden = true; $("scroll").scrollTop = 0; filter(); };
  /* What a table above names, the table of attempts can be narrowed to. */
  const makeLinks = () => {
    const link = (attribute, set) => {
      for (const span of document.querySelectorAll(`[data-${attribute}]`)) {
        const made = document.createElement("button");
        made.type = "button";
        made.className = "link";
        made.textContent = span.textContent;
        made.title = "Show these attempts";
        made.addEventListener("click", () => { $("filters").reset(); set(span.dataset[attribute]); changed(); $("attempts").scrollIntoView(); });
        span.replaceWith(made);
      }
    };
    link("cause", (name) => { $("f-cause").value = meta.causes.findIndex((c) => c.name === name); });
    link("client", (name) => { $("f-client").value = name; });
    link("host", (name) => { $("f-host").value = name; });
  };

  const listen = () => {
    $("filters").addEventListener("submit", (event) => event.preventDefault());
    $("filters").addEventListener("reset", () => setTimeout(changed));
    for (const id of ["f-text", "f-client", "f-host", "f-cause", "f-failed"]) $(id).addEventListener("input", changed);
    $("scroll").addEventListener("scroll", () => requestAnimationFrame(() => render(false)), { passive: true });
    addEventListener("resize", () => render(true));
    $("table").tHead.addEventListener("click", (event) => {
      const th = event.target.closest("th");
      if (!th) return;
      descending = sortBy === th.dataset.sort && !descending;
      sortBy = th.dataset.sort;
      sort();
    });
    $("body").addEventListener("click", (event) => {
      const tr = event.target.closest("tr.row");
      if (tr && !String(getSelection())) choose(Number(tr.dataset.place));
    });
    $("body").addEventListener("keydown", (event) => {
      const tr = event.target.closest("tr.row"), page = Math.max(1, Math.floor($("scroll").clientHeight / ROW) - 2);
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -shown.length, End: shown.length }[event.key];
      if (!tr || !step) return;
      event.preventDefault();
      focusOn(Math.max(0, Math.min(Math.min(shown.length, MOST_ROWS) - 1, Number(tr.dataset.place) + step)));
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !$("detail").hidden) close(); });
    /* On paper there is no scrolling. */
    addEventListener("beforeprint", () => {
      const first = [...shown.subarray(0, 200)].map((_, place) => rowOf(place));
      $("body").replaceChildren(...first);
    });
    addEventListener("afterprint", () => render(true));
  };

  const begin = async () => {
    $("loading").hidden = false;
    const block = blocks("rows")[0];
    readMeta(await unpack(blocks("meta")[0]));
    readRows(await unpack(block), Number(block.dataset.count));
    block.remove();
    readDetails();
    ranks = {};
    $("table").classList.toggle("files", meta.sources.length > 1);
    fillFilters();
    makeLinks();
    listen();
    $("loading").hidden = true;
    $("filters").hidden = $("scroll").hidden = false;
    sort();
    document.documentElement.dataset.ready = "true";
  };
  begin().catch((error) => {
    $("loading").hidden = false;
    $("loading").textContent = `The table of all attempts could not be read here (${error.message}); what is above and the failures below are complete.`;
  });
})();
