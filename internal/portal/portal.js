"use strict";
(() => {
  const most = 1 << 18; // characters of an answer that are shown
  const base = new URL(document.body.dataset.base, document.baseURI).href.replace(/\/$/, "");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  function element(tag, text, attributes = {}) {
    const e = document.createElement(tag);
    e.textContent = text;
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    return e;
  }

  // The path of an operation whose placeholders have values. It stays below the stage, for
  // above it is the control plane where that has the same port.
  function filled(path, values) {
    const whole = path.split(/(\{[^{}]*\})/).map((part) => {
      if (!part.startsWith("{")) return encodeURI(part);
      const greedy = part.endsWith("+}");
      const value = values.get(part.slice(1, greedy ? -2 : -1)) ?? "";
      return (greedy ? value.split("/") : [value]).map(encodeURIComponent).join("/");
    }).join("");
    if (whole.split("/").some((s) => s === "." || s === "..")) throw new Error("No segment of a path can be . or .., for browsers leave them out.");
    return whole;
  }

  // Adds a header, or says that it is none.
  function header(to, name, value) {
    try {
      to.append(name, value);
    } catch {
      throw new Error(`${name} with this value is no header.`);
    }
  }

  // What a form asks for.
  function asked(form) {
    const { path, schemes } = form.dataset;
    let { method } = form.dataset;
    const values = new Map(), query = new URLSearchParams(), headers = new Headers();
    let body, type;
    const put = (field) => {
      const { in: place, name } = field.dataset, { value } = field;
      if (place === "method") method = value;
      else if (place === "path") values.set(name.replace(/\+$/, ""), value);
      else if (place === "body") body = value;
      else if (place === "type") type = value;
      else if (value !== "" && place === "query") query.append(name, value);
      else if (value !== "" && place === "header") header(headers, name, value);
    };
    all("[data-in]", form).forEach(put);
    const needed = schemes.split(" ");
    all("[data-scheme]").filter((f) => needed.includes(f.dataset.scheme)).forEach(put);
    for (const line of document.getElementById("headers").value.split("\n")) {
      const at = line.indexOf(":");
      if (line.trim() !== "" && at < 1) throw new Error(`The line ${line} of the further headers is no Name: value.`);
      if (at > 0) header(headers, line.slice(0, at).trim(), line.slice(at + 1).trim());
    }
    if (method === "GET" || method === "HEAD" || body === "") body = undefined;
    if (body !== undefined && !headers.has("Content-Type")) header(headers, "Content-Type", type);
    let url = base + filled(path, values);
    if (String(query)) url += "?" + String(query).replaceAll("+", "%20");
    return { url, method, headers, body };
  }

  const quoted = (s) => "'" + s.replaceAll("'", "'\\''") + "'";

  // The call as a command.
  function command({ url, method, headers, body }) {
    const parts = [method === "HEAD" ? "curl -I" : "curl -i -X " + method, quoted(url)];
    for (const [name, value] of headers) parts.push("-H " + quoted(name + ": " + value));
    if (body !== undefined) parts.push("--data-raw " + quoted(body));
    return parts.join(" \\\n  ");
  }

  // Shows the body of an answer as it comes.
  async function show(response, pre) {
    if (!response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let left = most; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      pre.append(value.slice(0, left));
      left -= value.length;
      if (left < 0) {
        pre.append("\n… and more, which is not shown");
        await reader.cancel();
        return;
      }
    }
  }

  const running = new WeakMap(); // what stops the call of a form

  async function send(form, stop) {
    const status = form.querySelector("[role=status]"), answer = form.querySelector(".answer");
    const controller = new AbortController(), begin = performance.now();
    const say = (text, kind) => {
      if (running.get(form) === controller) Object.assign(status, { textContent: text, className: kind });
    };
    const part = (title, content, label) => {
      const pre = element("pre", content, { tabindex: 0, role: "group", "aria-label": label });
      answer.append(element("h3", title), pre);
      return pre;
    };
    answer.replaceChildren();
    running.get(form)?.abort();
    running.set(form, controller);
    stop.hidden = false;
    say("Sending…", "");
    let call;
    try {
      call = asked(form);
      const options = { method: call.method, headers: call.headers, body: call.body };
      const request = new Request(call.url, { ...options, mode: "same-origin", credentials: "omit", cache: "no-store", redirect: "manual", signal: controller.signal });
      const kept = [...call.headers.keys()].filter((name) => !request.headers.has(name));
      part("As a command", command(call), "The call as a command");
      const response = await fetch(request);
      const took = Math.round(performance.now() - begin) + " ms";
      if (response.type === "opaqueredirect") {
        say(`A redirect, after ${took}. Browsers don't show where to; the command does.`, "ok");
        return;
      }
      const unsent = kept.length ? ` The browser did not send ${kept.join(", ")}.` : "";
      say(`${response.status} ${response.statusText}, after ${took}.${unsent}`, response.ok ? "ok" : "bad");
      part("Headers", [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n"), "Headers of the answer");
      await show(response, part("Body", "", "Body of the answer"));
    } catch (e) {
      say(e.name === "AbortError" ? "Stopped." : `${call ? "There is no answer" : "Not sent"}: ${e.message}`, "bad");
    } finally {
      if (running.get(form) === controller) stop.hidden = true;
    }
  }

  for (const form of all("form[data-path]")) {
    const stop = form.querySelector("button[type=button]");
    stop.addEventListener("click", () => running.get(form)?.abort());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, stop);
    });
  }

  document.getElementById("carried").addEventListener("submit", (event) => event.preventDefault());

  const found = document.getElementById("found"), entries = all("nav li");
  document.getElementById("find").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const entry of entries) {
      const text = entry.textContent.toLowerCase();
      entry.hidden = !words.every((w) => text.includes(w));
      n += !entry.hidden;
      document.getElementById(decodeURIComponent(entry.firstElementChild.hash.slice(1))).hidden = entry.hidden;
    }
    found.textContent = words.length ? `${n} of ${entries.length}` : "";
  });

  for (const e of all(".try, .find")) e.hidden = false;
  for (const e of all(".base")) e.textContent = base;
})();
