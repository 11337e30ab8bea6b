"use client";
import { open } from "headwater";
import { useEffect } from "react";

async function search() {
  const [url, trust] = decodeURIComponent(location.hash.slice(1)).split(" ");
  const replica = await open(url, { trust, syncEveryMs: 0 });
  const { hits } = await replica.search({ match: "cat", topK: 5 });
  return hits.map((hit) => hit.id).join(" ");
}

export default function Page() {
  useEffect(() => {
    Promise.all([search(), search()]).then(
      (found) => (document.title = `found ${found.join(" | ")}`),
      (error) => (document.title = `error ${error.code ?? error.name}: ${error.message}`),
    );
  }, []);
  return <p>Rendered on the server first.</p>;
}
