// Reads server-sent events with fetch or EventSource, lets the backend go on after each, and prints what they say.
import { EventSource } from "eventsource";

const [reader, url, backend] = process.argv.slice(2);
const seen = [];

async function had(data) {
  seen.push(data);
  await fetch(`${backend}/release?reader=${reader}`);
}

if (reader === "EventSource") {
  const source = new EventSource(`${url}/events?reader=${reader}`);
  await new Promise((resolve, reject) => {
    source.onmessage = (event) => had(event.data);
    source.addEventListener("end", resolve);
    source.onerror = reject;
  });
  source.close();
} else {
  const answer = await fetch(`${url}/events?reader=${reader}`);
  const text = new TextDecoder();
  let rest = "";
  for await (const piece of answer.body) {
    rest += text.decode(piece, { stream: true });
    for (let at; (at = rest.indexOf("\n\n")) >= 0; rest = rest.slice(at + 2)) {
      const event = rest.slice(0, at);
      if (event.startsWith("data: ")) await had(event.slice(6));
    }
  }
}
console.log(JSON.stringify(seen));
