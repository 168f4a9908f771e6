// Argument names that many tools share: which session, and as whom.

export const ON = "session_id* owner"
export const HELD = `${ON} client_id`
