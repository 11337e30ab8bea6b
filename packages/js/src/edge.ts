/** Headwater in workers of an edge (workerd, edge-light): they `connect`; a replica needs memory and storage that they do not have. */
import type { OpenOptions, Replica } from "./collection.js";
import { HeadwaterError } from "./error.js";
import type { AnyPayload } from "./payload.js";

export { searchAcross } from "./across.js";
export type { AcrossOptions, AnswerOfSearches, CollectionSearch, HitOfSearch } from "./across.js";
export type { CallOptions, Collection, OpenOptions, Prefetch, Prefetched, Replica, ReplicaEvents, SearchOptions } from "./collection.js";
export { HeadwaterError } from "./error.js";
export type * from "./generated.js";
export type { Answer, AnyPayload, Group, Hit, LeftOut, Point } from "./payload.js";
export type { QueryInput } from "./query.js";
export { connect } from "./remote.js";
export type { ConnectOptions, Remote } from "./remote.js";

/** Rejects: there are no replicas here. */
export async function open<P extends object = AnyPayload>(_url: string | URL, _options: OpenOptions): Promise<Replica<P>> {
  throw new HeadwaterError("unsupported_runtime", "this runtime has no room for a replica; ask a server with connect(url)");
}
