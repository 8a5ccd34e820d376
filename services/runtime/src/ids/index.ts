export { BUCKET_COUNT, bucketOfId, bucketOfKey, newBucketedId, timeOfId } from "./bucketed-id.ts";
export { isUuid, newEventId } from "./event-id.ts";
