// Fixed times of the model, in milliseconds, as measured on two cores.

/** What a try takes beside the host's own time: two sidecars with mTLS. */
export const tryMs = 0.6;
/** Until a client has the answer that its own sidecar gives without asking anybody. */
export const localAnswerMs = 0.3;
/** TCP and TLS between two sidecars. */
export const connectMs = 2;
/** Until a client with a fixed number of requests under way sends the next one. */
export const nextRequestMs = 0.3;
/** How long after the last request was sent the end of the others is waited for. */
export const patienceMs = 30_000;
