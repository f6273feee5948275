package dev.earshot.model;

/**
 * What the model reads of a user's enabled skills: resolved once for each user and bundle, then
 * shared by all of the user's requests. The arrays are not copied and must not be changed.
 *
 * <p>Thread-safe as long as nobody writes to the arrays.
 *
 * @param indices the skills' rows, ascending
 * @param rows int8, {@code [indices.length, D]}
 * @param scales float, {@code [indices.length]}: what makes {@code rows} real numbers
 * @param boosts log-odds that enablement adds to each of the skills
 */
@SuppressWarnings("ArrayRecordComponent") // Read in bulk on the hot path, compared by nobody.
public record EnabledSkills(int[] indices, byte[] rows, float[] scales, float[] boosts) {
  /** Of a request without a user, or of a user without an enabled skill that the bundle knows. */
  public static final EnabledSkills NONE =
      new EnabledSkills(new int[0], new byte[0], new float[0], new float[0]);

  public int count() {
    return indices.length;
  }

  /** Whether the skill in a row is among them. */
  public boolean contains(int row) {
    return java.util.Arrays.binarySearch(indices, row) >= 0;
  }

  /** About how many bytes it holds, to bound caches by. */
  public int memoryBytes() {
    return 96 + rows.length + 12 * indices.length;
  }
}
