package dev.earshot.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.earshot.catalog.BundleReloader;
import dev.earshot.deadline.Refusal;
import dev.earshot.model.BundleException;
import dev.earshot.model.InferenceException;
import dev.earshot.profile.ProfileException;
import dev.earshot.store.StoreException;
import dev.earshot.upkeep.UpkeepException;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An error as the API defines it: a code, a message for people, and details for programs (AIP-193).
 * The same value ends a unary call and answers one message of a stream.
 */
final class RpcError extends RuntimeException {
  private static final Logger log = LoggerFactory.getLogger(RpcError.class);
  private static final long serialVersionUID = 1L;

  static final String DOMAIN = "earshot.dev";

  private static final long NO_RETRY = -1;

  /** Tells retry policies when to come again, in milliseconds; −1: not at all. */
  static final Metadata.Key<String> RETRY_PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  /** By this name gRPC's libraries know details. */
  private static final Metadata.Key<Status> DETAILS =
      Metadata.Key.of(
          "grpc-status-details-bin", ProtoUtils.metadataMarshaller(Status.getDefaultInstance()));

  private final transient Status status;

  /** For {@link #RETRY_PUSHBACK}. */
  private final long pushbackMillis;

  private RpcError(Status status, long pushbackMillis) {
    super(status.getMessage(), null, false, false);
    this.status = status;
    this.pushbackMillis = pushbackMillis;
  }

  /** One thing that is wrong with a request. */
  record Violation(String field, String problem) {}

  static RpcError invalid(List<Violation> violations) {
    BadRequest.Builder bad = BadRequest.newBuilder();
    StringBuilder message = new StringBuilder();
    for (Violation violation : violations) {
      bad.addFieldViolationsBuilder().setField(violation.field).setDescription(violation.problem);
      message.append(message.isEmpty() ? "" : "; ");
      message.append(violation.field).append(": ").append(violation.problem);
    }
    return of(Code.INVALID_ARGUMENT, "INVALID_FIELD", message.toString(), bad.build());
  }

  static RpcError undecodable() {
    return of(
        Code.INVALID_ARGUMENT, "UNDECODABLE", "the bytes are not a message of the method's type");
  }

  static RpcError streamInflight(int limit) {
    return of(
        Code.RESOURCE_EXHAUSTED,
        "STREAM_INFLIGHT",
        "more than " + limit + " messages of the stream are unanswered");
  }

  static RpcError notFound(String message) {
    return of(Code.NOT_FOUND, "NOT_FOUND", message);
  }

  static RpcError deadline() {
    return of(
        Code.DEADLINE_EXCEEDED, "DEADLINE", "the budget ended before any answer could be made");
  }

  static RpcError of(Code code, String reason, String message, Message... details) {
    return of(NO_RETRY, code, info(reason), message, details);
  }

  private static ErrorInfo info(String reason) {
    return ErrorInfo.newBuilder().setReason(reason).build();
  }

  private static RpcError of(
      long pushbackMillis, Code code, ErrorInfo info, String message, Message... details) {
    Status.Builder status =
        Status.newBuilder()
            .setCode(code.getNumber())
            .setMessage(message)
            .addDetails(Any.pack(info.toBuilder().setDomain(DOMAIN).build()));
    for (Message detail : details) {
      status.addDetails(Any.pack(detail));
    }
    return new RpcError(status.build(), pushbackMillis);
  }

  /**
   * What a caller is told of a failure. What nobody foresaw is logged here, and told as INTERNAL.
   */
  static RpcError from(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof RpcError error) {
      return error;
    }
    if (cause instanceof Refusal refusal) {
      return refused(refusal);
    }
    if (cause instanceof BundleException bundle) {
      return of(
          NO_RETRY,
          Code.FAILED_PRECONDITION,
          ErrorInfo.newBuilder()
              .setReason("BUNDLE_REFUSED")
              .putMetadata("file", bundle.file())
              .putMetadata("problem", bundle.problem())
              .build(),
          bundle.file() + ": " + bundle.problem());
    }
    if (cause instanceof BundleReloader.NotBegun notBegun) {
      String message = notBegun.getMessage();
      return switch (notBegun.reason()) {
        case IN_PROGRESS -> of(Code.FAILED_PRECONDITION, "IN_PROGRESS", message);
        case NOT_ALLOWED -> of(Code.PERMISSION_DENIED, "NOT_ALLOWED", message);
      };
    }
    if (cause instanceof ProfileException profile) {
      String message = profile.getMessage();
      return switch (profile.problem()) {
        case NOT_FOUND -> notFound(message);
        case STALE_ETAG -> of(Code.ABORTED, "STALE_ETAG", message);
        case FULL -> of(Code.FAILED_PRECONDITION, "PROFILE_FULL", message);
      };
    }
    if (cause instanceof UpkeepException upkeep) {
      String message = upkeep.getMessage();
      return switch (upkeep.problem()) {
        case IN_PROGRESS -> of(Code.FAILED_PRECONDITION, "IN_PROGRESS", message);
        case BACKUP_EXISTS -> of(Code.ALREADY_EXISTS, "BACKUP_EXISTS", message);
        case KEY_NEEDED -> of(Code.FAILED_PRECONDITION, "KEY_NEEDED", message);
        case UNSUPPORTED -> of(Code.UNIMPLEMENTED, "UNSUPPORTED_STORE", message);
      };
    }
    if (cause instanceof StoreException problem) {
      return from(problem);
    }
    if (cause instanceof InferenceException) {
      // Logged with its batch by the worker.
      return of(Code.INTERNAL, "INTERNAL", "the model could not be run");
    }
    log.error("unexpected failure", cause);
    return of(Code.INTERNAL, "INTERNAL", "internal error");
  }

  private static RpcError from(StoreException problem) {
    // A fault is logged where the store is metered: every call would say it again.
    String message = problem.getMessage();
    return switch (problem.kind()) {
      case UNAVAILABLE, TIMEOUT, CLOSED, IN_USE, FORMAT, KEY_MISSING ->
          of(Code.UNAVAILABLE, "STORE_UNAVAILABLE", "the store failed");
      case THROTTLED -> of(Code.UNAVAILABLE, "STORE_UNAVAILABLE", "the store refuses for load");
      case NO_ROOM ->
          of(Code.RESOURCE_EXHAUSTED, "STORE_FULL", "the disk or the table takes no more");
      case UNREADABLE ->
          of(Code.DATA_LOSS, "UNREADABLE", "the stored value fails its checksum or decryption");
      case EVENT_DIFFERS -> of(Code.ALREADY_EXISTS, "EVENT_DIFFERS", message);
      case OTHER_USER -> of(Code.PERMISSION_DENIED, "OTHER_USER", message);
      case OTHER_DIALOGUE ->
          invalid(
              List.of(
                  new Violation(
                      "dialogue_id",
                      "not the interaction's (expected: that of its first write, or empty)")));
      case INTERACTION_EXPIRED -> of(Code.FAILED_PRECONDITION, "INTERACTION_EXPIRED", message);
      case INTERACTION_FULL, TOO_LARGE -> of(Code.FAILED_PRECONDITION, "INTERACTION_FULL", message);
      case USER_DELETED -> of(Code.FAILED_PRECONDITION, "USER_DELETED", message);
      case COMPACTED -> {
        // The catalogue's own affair: no caller can bring it about.
        log.error("unexpected failure", problem);
        yield of(Code.INTERNAL, "INTERNAL", "internal error");
      }
    };
  }

  private static RpcError refused(Refusal refusal) {
    String message = refusal.getMessage();
    return switch (refusal.reason()) {
      case OVERLOAD -> overload(refusal);
      case DEADLINE -> of(Code.DEADLINE_EXCEEDED, "DEADLINE", message);
      case CATALOG_BEHIND -> of(Code.UNAVAILABLE, "CATALOG_BEHIND", message);
      case DRAINING -> of(Code.UNAVAILABLE, "DRAINING", message);
    };
  }

  private static RpcError overload(Refusal refusal) {
    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(refusal.retryDelayNanos()) + 1);
    return of(
        refusal.retryMeetsDeadline() ? millis : NO_RETRY,
        Code.RESOURCE_EXHAUSTED,
        info("OVERLOAD"),
        refusal.getMessage(),
        RetryInfo.newBuilder().setRetryDelay(Durations.fromMillis(millis)).build());
  }

  /** The error as a message of a stream. */
  Status status() {
    return status;
  }

  /** The error as the end of a call. */
  StatusRuntimeException toException() {
    Metadata trailers = new Metadata();
    trailers.put(DETAILS, status);
    if (status.getCode() == Code.RESOURCE_EXHAUSTED_VALUE) {
      trailers.put(RETRY_PUSHBACK, Long.toString(pushbackMillis));
    }
    return new End(
        io.grpc.Status.fromCodeValue(status.getCode()).withDescription(status.getMessage()),
        trailers);
  }

  /** Without a stack, which took more than all else of a refusal: nobody looks at it. */
  private static final class End extends StatusRuntimeException {
    private static final long serialVersionUID = 1L;

    End(io.grpc.Status status, Metadata trailers) {
      super(status, trailers);
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // It does nothing.
    public Throwable fillInStackTrace() {
      return this;
    }
  }
}
