// Asks for the page again every two seconds and swaps the parts that changed.
// Nothing is swapped while somebody reads a confirmation or types.
const PAUSE = 2000;

const busy = () =>
  document.hidden || document.querySelector("details.confirm[open], input:focus") !== null;

const swap = (fresh) => {
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (next && next.innerHTML !== part.innerHTML) {
      const atEnd = part.scrollTop + part.clientHeight > part.scrollHeight - 40;
      part.replaceChildren(...document.adoptNode(next).childNodes);
      if (atEnd) part.scrollTop = part.scrollHeight;
    }
  }
};

const refresh = async () => {
  if (!busy()) {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const text = await answer.text();
      if (answer.ok && !busy()) swap(new DOMParser().parseFromString(text, "text/html"));
    } catch {
      // the emulator is restarting; the next turn asks again
    }
  }
  setTimeout(refresh, PAUSE);
};

const thread = document.querySelector(".thread");
if (thread && !location.hash) thread.scrollTop = thread.scrollHeight;
setTimeout(refresh, PAUSE);
