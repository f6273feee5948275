package dev.earshot.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.earshot.app.eval.EvalProgress;
import dev.earshot.client.EarshotException;
import dev.earshot.client.EarshotException.FieldViolation;
import dev.earshot.v1.Profile;
import dev.earshot.v1.UpdateProfileRequest;
import io.grpc.StatusRuntimeException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes the profiles of a file of JSON lines, several at a time, each as a whole: what a line does
 * not name is cleared. A line that is no profile, or that the server refuses, is noted and the rest
 * goes on. How far it is stands in a file beside the input, with a checksum of what it covers, so
 * that an import that was cut off goes on there; a few lines may then be written twice, which
 * changes nothing.
 */
final class ProfileImport {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final long SAVE_EVERY_NANOS = 1_000_000_000;

  /** A longer line is no profile: a message of 1 MiB is at most some megabytes in JSON. */
  private static final int MAX_LINE = 16 << 20;

  private final Path file;
  private final Function<UpdateProfileRequest, Profile> write;
  private final int parallel;
  private final LongSupplier nanoTime;
  private final Consumer<BadLine> badLines;

  /**
   * A line that was not imported.
   *
   * @param line from 1
   */
  record BadLine(long line, String problem) {}

  /**
   * How far an import is, or was when it ended.
   *
   * @param lines that are done, from the first on
   * @param checksum of their bytes
   * @param imported profiles
   * @param bad lines
   */
  record Progress(long lines, long checksum, long imported, List<BadLine> bad) {
    static final Progress NONE = new Progress(0, 0, 0, List.of());

    Progress {
      bad = List.copyOf(bad);
    }
  }

  /**
   * What became of an import.
   *
   * @param resumedAfter the lines that an earlier one had done
   * @param stopped why it did not reach the end; null: it did
   */
  record Outcome(Progress progress, long resumedAfter, @Nullable EarshotException stopped) {}

  /**
   * @param write one profile; called by several threads
   * @param parallel how many profiles are written at the same time
   * @param badLines hears of each bad line as it is found
   */
  ProfileImport(
      Path file,
      Function<UpdateProfileRequest, Profile> write,
      int parallel,
      LongSupplier nanoTime,
      Consumer<BadLine> badLines) {
    this.file = file;
    this.write = write;
    this.parallel = parallel;
    this.nanoTime = nanoTime;
    this.badLines = badLines;
  }

  /** Where it is kept how far the import of a file is. */
  static Path progressFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".progress");
  }

  /**
   * Imports, from where an earlier import of the same lines stopped.
   *
   * @param restart whether to begin with the first line all the same
   */
  Outcome run(boolean restart, EvalProgress shown) throws IOException, InterruptedException {
    Progress before = restart ? Progress.NONE : earlier();
    shown.begin("Importing profiles", Math.toIntExact(countLines() - before.lines));
    ExecutorService writers = Executors.newFixedThreadPool(parallel);
    try (Lines lines = new Lines(file)) {
      lines.skip(before.lines);
      Run run = new Run(before, writers, shown);
      EarshotException stopped = run.all(lines);
      shown.end();
      if (stopped == null) {
        Files.deleteIfExists(progressFile(file));
      } else {
        save(run.progress());
      }
      return new Outcome(run.progress(), before.lines, stopped);
    } finally {
      writers.shutdownNow();
    }
  }

  /** How far an earlier import came, if the lines that it did are still the same. */
  private Progress earlier() throws IOException {
    Path saved = progressFile(file);
    if (!Files.exists(saved)) {
      return Progress.NONE;
    }
    try {
      Progress progress = JSON.readValue(saved.toFile(), Progress.class);
      try (Lines lines = new Lines(file)) {
        boolean isSame =
            lines.skip(progress.lines) == progress.lines && lines.checksum() == progress.checksum;
        return isSame ? progress : Progress.NONE;
      }
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      // Cut off while it was written, or not ours: writing profiles again does no harm.
      return Progress.NONE;
    }
  }

  private void save(Progress progress) throws IOException {
    Path target = progressFile(file);
    Path fresh = target.resolveSibling(target.getFileName() + ".new");
    Files.write(fresh, JSON.writeValueAsBytes(progress));
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private long countLines() throws IOException {
    try (Lines lines = new Lines(file)) {
      return lines.skip(Long.MAX_VALUE);
    }
  }

  /** A line whose write has begun. */
  private record Pending(long line, long checksum, String userId, @Nullable Future<?> write) {}

  private final class Run {
    private final ExecutorService writers;
    private final EvalProgress shown;
    private final Deque<Pending> window = new ArrayDeque<>();
    private final Set<String> users = new HashSet<>();
    private final List<BadLine> bad;
    private long lines;
    private long checksum;
    private long imported;
    private long savedAt;

    Run(Progress before, ExecutorService writers, EvalProgress shown) {
      this.writers = writers;
      this.shown = shown;
      this.bad = new ArrayList<>(before.bad);
      this.lines = before.lines;
      this.checksum = before.checksum;
      this.imported = before.imported;
      this.savedAt = nanoTime.getAsLong();
    }

    Progress progress() {
      return new Progress(lines, checksum, imported, bad);
    }

    /** Returns what stopped it, or null. */
    @Nullable EarshotException all(Lines input) throws IOException, InterruptedException {
      for (Lines.Line line = input.next(); line != null; line = input.next()) {
        UpdateProfileRequest request = null;
        try {
          request = request(line);
        } catch (IllegalArgumentException e) {
          note(line.number(), String.valueOf(e.getMessage()));
        }
        String userId = request == null ? "" : request.getProfile().getUserId();
        // Of two lines about one user the later one counts, so it waits for the earlier one.
        while (window.size() >= parallel || users.contains(userId)) {
          EarshotException stopped = settleFirst();
          if (stopped != null) {
            return stopped;
          }
        }
        begin(line, input.checksum(), request);
      }
      while (!window.isEmpty()) {
        EarshotException stopped = settleFirst();
        if (stopped != null) {
          return stopped;
        }
      }
      return null;
    }

    private void begin(Lines.Line line, long sum, @Nullable UpdateProfileRequest request) {
      if (request == null) {
        window.add(new Pending(line.number(), sum, "", null));
        return;
      }
      String userId = request.getProfile().getUserId();
      users.add(userId);
      window.add(
          new Pending(line.number(), sum, userId, writers.submit(() -> write.apply(request))));
    }

    private @Nullable EarshotException settleFirst() throws IOException, InterruptedException {
      Pending first = window.remove();
      if (first.write != null) {
        users.remove(first.userId);
        try {
          first.write.get();
          imported++;
        } catch (ExecutionException e) {
          EarshotException failure = failure(e);
          if (!isTheLines(failure)) {
            return failure;
          }
          note(first.line, text(failure));
        }
      }
      lines = first.line;
      checksum = first.checksum;
      shown.step();
      long now = nanoTime.getAsLong();
      if (now - savedAt >= SAVE_EVERY_NANOS) {
        savedAt = now;
        save(progress());
      }
      return null;
    }

    private void note(long line, String problem) {
      BadLine found = new BadLine(line, problem);
      bad.add(found);
      badLines.accept(found);
    }
  }

  /** The write of a line; null: it is blank. */
  private static @Nullable UpdateProfileRequest request(Lines.Line line) {
    String json = line.text();
    if (json.isBlank()) {
      return null;
    }
    Profile.Builder profile = Profile.newBuilder();
    try {
      JsonFormat.parser().merge(json, profile);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("is no profile in JSON: " + e.getMessage(), e);
    }
    if (profile.getUserId().isEmpty()) {
      throw new IllegalArgumentException("has no userId");
    }
    return UpdateProfileRequest.newBuilder()
        // The etag is that of the store it came from.
        .setProfile(profile.clearEtag().clearUpdateTime().clearUnknownSkillIds())
        .setUpdateMask(FieldMask.newBuilder().addPaths("*"))
        .setAllowMissing(true)
        .build();
  }

  private static EarshotException failure(ExecutionException e) {
    if (e.getCause() instanceof StatusRuntimeException status) {
      return EarshotException.from(status);
    }
    throw new IllegalStateException(e.getCause());
  }

  /** Whether a line is at fault, and not the server. */
  private static boolean isTheLines(EarshotException failure) {
    return failure instanceof EarshotException.InvalidArgument
        || failure instanceof EarshotException.FailedPrecondition
        // Larger than a message may be: the transport says so, without a reason.
        || (failure instanceof EarshotException.ResourceExhausted && failure.reason().isEmpty());
  }

  private static String text(EarshotException failure) {
    List<FieldViolation> violations = failure.fieldViolations();
    return violations.isEmpty()
        ? String.valueOf(failure.getMessage())
        : String.join(
            "; ", violations.stream().map(v -> v.field() + ": " + v.description()).toList());
  }

  /** The lines of a file, with the checksum of the bytes read so far. */
  static final class Lines implements AutoCloseable {
    private final InputStream in;
    private final CRC32C checksum = new CRC32C();
    private long number;

    /** A line without its end; empty: it is too long. */
    record Line(long number, Optional<ByteBuffer> bytes) {
      /**
       * The text.
       *
       * @throws IllegalArgumentException if it is none
       */
      String text() {
        if (bytes.isEmpty()) {
          throw new IllegalArgumentException("is longer than " + MAX_LINE + " bytes");
        }
        try {
          return StandardCharsets.UTF_8.newDecoder().decode(bytes.get().duplicate()).toString();
        } catch (CharacterCodingException e) {
          throw new IllegalArgumentException("is not UTF-8", e);
        }
      }
    }

    Lines(Path file) throws IOException {
      in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    }

    long checksum() {
      return checksum.getValue();
    }

    /** Skips lines; returns how many there were to skip. */
    long skip(long count) throws IOException {
      long skipped = 0;
      while (skipped < count && next() != null) {
        skipped++;
      }
      return skipped;
    }

    @Nullable Line next() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream(256);
      boolean tooLong = false;
      int read = in.read();
      if (read < 0) {
        return null;
      }
      for (; read >= 0 && read != '\n'; read = in.read()) {
        checksum.update(read);
        if (line.size() < MAX_LINE) {
          line.write(read);
        } else {
          tooLong = true;
        }
      }
      checksum.update('\n');
      return new Line(
          ++number, tooLong ? Optional.empty() : Optional.of(ByteBuffer.wrap(line.toByteArray())));
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
