package dev.earshot.store.dynamodb;

import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * What the SDK's failures mean to callers of the store. DynamoDB's own messages may quote values of
 * a request, so they go no further; its error codes do.
 */
final class Failures {
  private Failures() {}

  static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Whether a condition of the request did not hold: an answer, not a fault. */
  static boolean isCondition(Throwable failure) {
    return cause(failure) instanceof ConditionalCheckFailedException;
  }

  /** Whether the same request may succeed soon. */
  static boolean mayPass(Throwable failure) {
    if (failure instanceof AwsServiceException service) {
      return isThrottling(service)
          || service.statusCode() >= 500
          || code(service).equals("TransactionInProgressException");
    }
    return isTimeout(failure)
        || (failure instanceof SdkClientException client && isNetwork(client));
  }

  /** Whether the request may have been done although it failed. */
  static boolean leavesUnknown(Throwable failure) {
    return !(failure instanceof AwsServiceException service) || service.statusCode() >= 500;
  }

  static StoreException typed(Throwable failure) {
    Throwable cause = cause(failure);
    if (cause instanceof StoreException typed) {
      return typed;
    }
    if (cause instanceof AwsServiceException service) {
      return typed(service);
    }
    if (isTimeout(cause) || cause instanceof CancellationException) {
      return new StoreException(Kind.TIMEOUT, "DynamoDB took too long");
    }
    if (cause instanceof SdkClientException client && !isNetwork(client)) {
      return new StoreException(
          "the AWS SDK made no request: "
              + (mentions(client, "credentials")
                  ? "no credentials were found (expected: AWS_ACCESS_KEY_ID and"
                      + " AWS_SECRET_ACCESS_KEY, a profile, or a role)"
                  : client.getClass().getSimpleName()),
          client);
    }
    return new StoreException("DynamoDB cannot be reached", cause);
  }

  private static StoreException typed(AwsServiceException service) {
    String answer = code(service) + " (HTTP " + service.statusCode() + ")";
    if (isThrottling(service)) {
      return new StoreException(Kind.THROTTLED, "DynamoDB refuses for load: " + answer);
    }
    if (service instanceof ResourceNotFoundException) {
      return new StoreException(
          Kind.FORMAT, "a table is missing (make it with: earshot store create --store dynamodb)");
    }
    if (isTooLarge(service)) {
      return new StoreException(Kind.TOO_LARGE, "larger than the 400 KB that DynamoDB takes");
    }
    if (code(service).equals("ValidationException")) {
      return new StoreException(
          Kind.FORMAT, "DynamoDB does not take the request; are the tables of another version?");
    }
    if (service.statusCode() >= 400 && service.statusCode() < 500) {
      return new StoreException("DynamoDB refuses: " + answer);
    }
    return new StoreException("DynamoDB fails: " + answer);
  }

  /** Whether a row would pass the limit of 400 KB. */
  static boolean isTooLarge(Throwable failure) {
    return cause(failure) instanceof AwsServiceException service
        && code(service).equals("ValidationException")
        && mentions(service, "size")
        && mentions(service, "exceeded");
  }

  private static boolean isThrottling(AwsServiceException service) {
    return service.isThrottlingException() || service.statusCode() == 429;
  }

  private static boolean isTimeout(Throwable failure) {
    return failure instanceof ApiCallAttemptTimeoutException
        || failure instanceof ApiCallTimeoutException
        || failure instanceof TimeoutException;
  }

  /** Whether a client's failure has to do with the connection; else the request is at fault. */
  private static boolean isNetwork(SdkClientException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.io.IOException || cause instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }

  private static boolean mentions(Throwable failure, String word) {
    return String.valueOf(failure.getMessage()).contains(word);
  }

  private static String code(AwsServiceException service) {
    return service.awsErrorDetails() == null
        ? "no code"
        : String.valueOf(service.awsErrorDetails().errorCode());
  }
}
