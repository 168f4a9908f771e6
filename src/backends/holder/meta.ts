// Conversion between a session's record on disk and its options in the core.

import type { SessionOptions } from "../../core/session/options.ts"
import type { Session } from "../../core/session/session.ts"
import type { SessionMeta } from "../../store/state/record.ts"

/** Returns the record of a new session. */
export function metaOf(options: SessionOptions): SessionMeta {
  const { spec, archive: _, start: __, earlier: ___, createdAt = new Date(), ...rest } = options
  const initial = {
    state: "running" as const,
    exit: null,
    holder: null,
    createdAt: createdAt.getTime(),
    title: "",
  }
  return { ...rest, ...spec, ...initial }
}

/** Returns the part of the record that changes during a session's life. */
export function changeable(session: Session): Partial<SessionMeta> {
  const { name, tags, size, title, endsWithServer, records } = session
  const { state, exit } = session.life
  return {
    ...{ name, tags, size, title, endsWithServer },
    state: state === "removed" ? "finished" : state,
    exit: exit && { code: exit.code, signal: exit.signal, at: exit.at.getTime() },
    facts: records.entries(),
  }
}

export function optionsOf(meta: SessionMeta): SessionOptions {
  const {
    argv,
    cwd,
    env,
    echo,
    raw,
    recordInput,
    size,
    createdAt,
    state: _,
    exit: __,
    holder: ___,
    title: ____,
    ...rest
  } = meta
  return { ...rest, spec: { argv, cwd, env, echo, raw, recordInput, size }, createdAt: new Date(createdAt) }
}
