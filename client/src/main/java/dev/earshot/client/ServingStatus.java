package dev.earshot.client;

/** What a server says about its own health, or a service's. */
public enum ServingStatus {
  /** It answers. */
  SERVING,
  /** It is up and does not answer yet, or not any more. */
  NOT_SERVING,
  /** It has no such service. */
  SERVICE_UNKNOWN
}
