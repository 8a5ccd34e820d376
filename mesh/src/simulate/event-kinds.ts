// What can be due. Numbers, since events are numbers.

/** A request of a client that waits for each answer; the subject is its proxy. */
export const begin = 0;
/** The fault filter's pause is over; the subject is the request. */
export const afterFault = 1;
/** A retry's pause is over; the subject is the request. */
export const sendAgain = 2;
/** A host has finished one try; the stamp says in which of its lives. */
export const hostFree = 3;
/** A proxy's connection to a host is made, or refused; the subject is both of them. */
export const connected = 4;
/** The interval of the ejection; the subject is the proxy. */
export const tick = 5;
/** A disturbance of the scenario begins (stamp 1) or ends (0). */
export const disturb = 6;
/** A proxy's balancer learns whom the ejection has taken out or back; the subject is the proxy. */
export const mergeWindowEnds = 7;
/** From here on: a try is answered, with the result that is added; the subject is the request. */
export const answered = 16;
