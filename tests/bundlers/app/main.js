/** What a user writes: no options. Two replicas at once, because the second takes the way that the first has found. */
import { open } from "headwater";

const [url, trust] = decodeURIComponent(location.hash.slice(1)).split(" ");

async function search() {
  const replica = await open(url, { trust, syncEveryMs: 0 });
  const { hits } = await replica.search({ match: "cat", topK: 5 });
  return hits.map((hit) => hit.id).join(" ");
}

Promise.all([search(), search()]).then(
  (found) => (document.title = `found ${found.join(" | ")}`),
  (error) => (document.title = `error ${error.code ?? error.name}: ${error.message}`),
);
