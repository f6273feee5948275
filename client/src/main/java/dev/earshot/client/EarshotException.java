package dev.earshot.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A call that was not answered. The subclass says what a caller can do about it; the reason tells
 * one cause from another where the code does not, such as {@code OVERLOAD} or {@code STALE_ETAG}.
 */
public sealed class EarshotException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Status.Code code;
  private final String reason;
  private final transient List<FieldViolation> fieldViolations;
  private final transient Map<String, String> metadata;
  private final @Nullable Duration retryDelay;

  private EarshotException(Details details) {
    super(details.message, details.cause);
    this.code = details.code;
    this.reason = details.reason;
    this.fieldViolations = details.fieldViolations;
    this.metadata = details.metadata;
    this.retryDelay = details.retryDelay;
  }

  /**
   * One thing that is wrong with a request.
   *
   * @param field its path: {@code hypotheses[2].score}
   * @param description the problem and what was expected
   */
  public record FieldViolation(String field, String description) {}

  /** The request is wrong: {@link #fieldViolations} says where. Do not retry it. */
  public static final class InvalidArgument extends EarshotException {
    private static final long serialVersionUID = 1L;

    private InvalidArgument(Details details) {
      super(details);
    }
  }

  /** There is no such profile, or no such thing as the call names. */
  public static final class NotFound extends EarshotException {
    private static final long serialVersionUID = 1L;

    private NotFound(Details details) {
      super(details);
    }
  }

  /**
   * Something newer came: read again, then write ({@code STALE_ETAG}); or do without the answer to
   * an interim message ({@code SUPERSEDED}).
   */
  public static final class Aborted extends EarshotException {
    private static final long serialVersionUID = 1L;

    private Aborted(Details details) {
      super(details);
    }
  }

  /** The state does not allow the call: a limit would be passed, or something has expired. */
  public static final class FailedPrecondition extends EarshotException {
    private static final long serialVersionUID = 1L;

    private FailedPrecondition(Details details) {
      super(details);
    }
  }

  /** This caller may not do that, or has not shown who it is. */
  public static final class PermissionDenied extends EarshotException {
    private static final long serialVersionUID = 1L;

    private PermissionDenied(Details details) {
      super(details);
    }
  }

  /**
   * Refused for load or a limit. The SDK never retries it; {@link #retryDelay} says when one may.
   */
  public static final class ResourceExhausted extends EarshotException {
    private static final long serialVersionUID = 1L;

    private ResourceExhausted(Details details) {
      super(details);
    }
  }

  /** The deadline passed before there was an answer. */
  public static final class DeadlineExceeded extends EarshotException {
    private static final long serialVersionUID = 1L;

    private DeadlineExceeded(Details details) {
      super(details);
    }
  }

  /** The server cannot be reached or is stopping. The SDK has tried a second time already. */
  public static final class Unavailable extends EarshotException {
    private static final long serialVersionUID = 1L;

    private Unavailable(Details details) {
      super(details);
    }
  }

  /** Any other code: an error inside the server, a method that it does not have, a cancellation. */
  public static final class Other extends EarshotException {
    private static final long serialVersionUID = 1L;

    private Other(Details details) {
      super(details);
    }
  }

  /** The gRPC code. */
  public Status.Code code() {
    return code;
  }

  /** {@code ErrorInfo.reason}, such as {@code OVERLOAD}; empty where the server gave none. */
  public String reason() {
    return reason;
  }

  /** What is wrong with the request, field by field. */
  public List<FieldViolation> fieldViolations() {
    return fieldViolations;
  }

  /** {@code ErrorInfo.metadata}: facts about the error by name. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** How long to wait before the next try, where the server says so. */
  public Optional<Duration> retryDelay() {
    return Optional.ofNullable(retryDelay);
  }

  /**
   * What ended a call or a stream, typed: for those who call generated stubs on {@link
   * EarshotClient#channel}.
   */
  public static EarshotException from(Throwable failure) {
    if (failure instanceof EarshotException e) {
      return e;
    }
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      status =
          com.google.rpc.Status.newBuilder()
              .setCode(Status.Code.UNKNOWN.value())
              .setMessage(String.valueOf(failure))
              .build();
    }
    return of(status, failure);
  }

  /** What answered a message of a stream in place of a response. */
  static EarshotException from(com.google.rpc.Status status) {
    return of(status, null);
  }

  /** An error that this side of the connection finds. */
  static EarshotException local(Status.Code code, String reason, String message) {
    return typed(new Details(code, reason, message, List.of(), Map.of(), null, null));
  }

  private static EarshotException of(com.google.rpc.Status status, @Nullable Throwable cause) {
    Status.Code code = Status.fromCodeValue(status.getCode()).getCode();
    ErrorInfo info = find(status, ErrorInfo.class, ErrorInfo.getDefaultInstance());
    RetryInfo retry = find(status, RetryInfo.class, RetryInfo.getDefaultInstance());
    com.google.protobuf.Duration wait = retry.getRetryDelay();
    Duration delay =
        retry.hasRetryDelay() ? Duration.ofSeconds(wait.getSeconds(), wait.getNanos()) : null;
    List<FieldViolation> violations =
        find(status, BadRequest.class, BadRequest.getDefaultInstance())
            .getFieldViolationsList()
            .stream()
            .map(violation -> new FieldViolation(violation.getField(), violation.getDescription()))
            .toList();
    return typed(
        new Details(
            code,
            info.getReason(),
            message(code, status.getMessage(), cause),
            violations,
            Map.copyOf(info.getMetadataMap()),
            delay,
            cause));
  }

  /** The server's words; for a fault of the transport also what gRPC keeps in the cause's cause. */
  private static String message(Status.Code code, String message, @Nullable Throwable cause) {
    StringBuilder text = new StringBuilder(code.name());
    if (!message.isEmpty()) {
      text.append(": ").append(message);
    }
    if (cause instanceof StatusRuntimeException e) {
      Throwable transport = e.getStatus().getCause();
      if (transport != null && transport.getMessage() != null) {
        text.append(": ").append(transport.getMessage());
      }
    }
    return text.toString();
  }

  private static <M extends com.google.protobuf.Message> M find(
      com.google.rpc.Status status, Class<M> type, M fallback) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return detail.unpack(type);
        } catch (InvalidProtocolBufferException e) {
          // A detail that cannot be read is as good as none; the code still stands.
          return fallback;
        }
      }
    }
    return fallback;
  }

  private static EarshotException typed(Details details) {
    return switch (details.code) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> new InvalidArgument(details);
      case NOT_FOUND -> new NotFound(details);
      case ABORTED -> new Aborted(details);
      case FAILED_PRECONDITION, ALREADY_EXISTS -> new FailedPrecondition(details);
      case PERMISSION_DENIED, UNAUTHENTICATED -> new PermissionDenied(details);
      case RESOURCE_EXHAUSTED -> new ResourceExhausted(details);
      case DEADLINE_EXCEEDED -> new DeadlineExceeded(details);
      case UNAVAILABLE -> new Unavailable(details);
      default -> new Other(details);
    };
  }

  private record Details(
      Status.Code code,
      String reason,
      String message,
      List<FieldViolation> fieldViolations,
      Map<String, String> metadata,
      @Nullable Duration retryDelay,
      @Nullable Throwable cause) {}
}
