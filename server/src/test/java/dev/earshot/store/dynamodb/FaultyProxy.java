package dev.earshot.store.dynamodb;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands between a client and DynamoDB on the loopback, and passes on, or does what DynamoDB does
 * on a bad day. HTTP/1.1 with lengths, as the SDK speaks it.
 */
final class FaultyProxy implements AutoCloseable {
  private static final String ERROR = "com.amazonaws.dynamodb.v20120810#";

  private final URI target;
  private final ServerSocket server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Set<Socket> sockets = new HashSet<>();
  private final Map<String, Queue<Answer>> next = new HashMap<>();
  private final Map<String, Answer> always = new HashMap<>();
  private final Map<String, Integer> requests = new HashMap<>();
  private int hangUps;

  /**
   * What becomes of a request.
   *
   * @param passesOn whether DynamoDB gets it
   * @param status of an answer in place of DynamoDB's; 0: DynamoDB's, −1: none ever
   * @param error the code of that answer
   */
  record Answer(boolean passesOn, int status, String error) {
    static Answer passing() {
      return new Answer(true, 0, "");
    }

    static Answer throttled() {
      return new Answer(false, 400, "ProvisionedThroughputExceededException");
    }

    static Answer failing() {
      return new Answer(false, 500, "InternalServerError");
    }

    static Answer refusing(String error) {
      return new Answer(false, 400, error);
    }

    static Answer hanging() {
      return new Answer(false, -1, "");
    }

    /** It is done, and the answer gets lost. */
    static Answer losing() {
      return new Answer(true, 500, "InternalServerError");
    }
  }

  FaultyProxy(URI target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** What the next requests for an operation get; later ones pass. */
  synchronized void next(String operation, Answer... answers) {
    next.computeIfAbsent(operation, name -> new ArrayDeque<>()).addAll(java.util.List.of(answers));
  }

  /** What all requests for an operation get. */
  synchronized void always(String operation, Answer answer) {
    always.put(operation, answer);
  }

  /** How many requests for an operation came. */
  synchronized int requests(String operation) {
    return requests.getOrDefault(operation, 0);
  }

  synchronized void awaitRequests(String operation, int count) throws InterruptedException {
    while (requests(operation) < count) {
      wait(60_000);
    }
  }

  /** Waits until a client has closed a connection on which it would have got no answer. */
  synchronized void awaitHangUp() throws InterruptedException {
    while (hangUps == 0) {
      wait(60_000);
    }
  }

  synchronized void reset() {
    next.clear();
    always.clear();
    requests.clear();
    hangUps = 0;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        synchronized (this) {
          sockets.add(socket);
        }
        threads.execute(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        Map<String, String> headers = readHeaders(in);
        byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        Answer answer = answerTo(headers.getOrDefault("x-amz-target", "").replaceAll(".*\\.", ""));
        HttpResponse<byte[]> passed = answer.passesOn ? pass(headers, body) : null;
        if (answer.status < 0) {
          hang(in);
          return;
        }
        byte[] content =
            answer.status == 0 && passed != null
                ? passed.body()
                : ("{\"__type\":\"" + ERROR + answer.error + "\",\"message\":\"no\"}")
                    .getBytes(StandardCharsets.UTF_8);
        int status = answer.status == 0 && passed != null ? passed.statusCode() : answer.status;
        var out = new ByteArrayOutputStream();
        out.writeBytes(
            ("HTTP/1.1 "
                    + status
                    + " X\r\ncontent-type: application/x-amz-json-1.0\r\n"
                    + "content-length: "
                    + content.length
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(content);
        socket.getOutputStream().write(out.toByteArray());
      }
    } catch (IOException e) {
      // The client or the test has closed the connection.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hang(InputStream in) throws IOException {
    try {
      while (in.read() >= 0) {
        // Nothing more comes until the client gives up.
      }
    } finally {
      synchronized (this) {
        hangUps++;
        notifyAll();
      }
    }
  }

  private synchronized Answer answerTo(String operation) {
    requests.merge(operation, 1, Integer::sum);
    notifyAll();
    Queue<Answer> queue = next.get(operation);
    Answer first = queue == null ? null : queue.poll();
    return first != null ? first : always.getOrDefault(operation, Answer.passing());
  }

  private HttpResponse<byte[]> pass(Map<String, String> headers, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(target).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    for (String name :
        new String[] {"x-amz-target", "authorization", "x-amz-date", "content-type"}) {
      String value = headers.get(name);
      if (value != null) {
        request.header(name, value);
      }
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static Map<String, String> readHeaders(InputStream in) throws IOException {
    Map<String, String> headers = new HashMap<>();
    for (String line = readLine(in); !line.isEmpty(); line = readLine(in)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
      }
    }
    return headers;
  }

  private static String readLine(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException();
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    try {
      server.close();
      synchronized (this) {
        for (Socket socket : sockets) {
          socket.close();
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    threads.shutdownNow();
  }
}
