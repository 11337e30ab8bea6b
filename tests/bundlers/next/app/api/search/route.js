import { open } from "headwater";

export const dynamic = "force-dynamic";

export async function GET(request) {
  const { searchParams } = new URL(request.url);
  const [url, trust, cacheDir] = ["url", "trust", "folder"].map((name) => searchParams.get(name));
  const replica = await open(url, { trust, cacheDir, syncEveryMs: 0 });
  const { hits } = await replica.search({ match: "cat", topK: 5 });
  await replica.close();
  return new Response(`found ${hits.map((hit) => hit.id).join(" ")}`);
}
