package dev.earshot.store.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysetFileTest {
  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("deep/keyset.json");
  }

  @Test
  void keepsAKeysetForItsOwnerAlone() throws Exception {
    Keyset keyset = Keyset.generate().withNewKey();
    KeysetFile file = new KeysetFile(path(), null);
    file.create(keyset);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
        .isEqualTo("rw-------");
    assertThat(file.read().keys()).isEqualTo(keyset.keys());
    assertThat(file.read().handle().equalsKeyset(keyset.handle())).isTrue();
    try (var files = Files.list(path().resolveSibling(""))) {
      assertThat(files).containsExactly(path());
    }
  }

  @Test
  void neverReplacesAKeysetThatIsThereWhenMakingOne() throws Exception {
    KeysetFile file = new KeysetFile(path(), null);
    Keyset first = Keyset.generate();
    file.create(first);

    assertThatExceptionOfType(KeysetException.class)
        .isThrownBy(() -> file.create(Keyset.generate()));
    assertThat(file.read().keys()).isEqualTo(first.keys());
  }

  @Test
  void replacesAKeysetWhole() throws Exception {
    KeysetFile file = new KeysetFile(path(), null);
    Keyset first = Keyset.generate();
    file.create(first);
    file.replace(first.withNewKey());

    assertThat(file.read().keys()).hasSize(2);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
        .isEqualTo("rw-------");
  }

  @Test
  void saysWhatIsWrongWithAFileThatIsNoKeyset() throws Exception {
    KeysetFile file = new KeysetFile(path(), null);
    assertThatExceptionOfType(KeysetException.class)
        .isThrownBy(file::read)
        .withMessageContaining("not there");
    Files.createDirectories(path().getParent());
    for (String content : List.of("", "{}", "not json", "{\"primaryKeyId\":1,\"key\":[]}")) {
      Files.writeString(path(), content);
      assertThatExceptionOfType(KeysetException.class)
          .isThrownBy(file::read)
          .withMessageContaining("cannot be used");
    }
  }

  @Test
  void wrapsAKeysetByAKmsThatIsOnTheClassPath() throws Exception {
    Keyset keyset = Keyset.generate();
    KeysetFile wrapped = new KeysetFile(path(), LoopbackKms.URI);
    wrapped.create(keyset);

    assertThat(Files.readString(path())).contains("encryptedKeyset");
    assertThat(wrapped.read().handle().equalsKeyset(keyset.handle())).isTrue();
    assertThatExceptionOfType(KeysetException.class)
        .isThrownBy(() -> new KeysetFile(path(), null).read());
    assertThatExceptionOfType(KeysetException.class)
        .isThrownBy(() -> new KeysetFile(path(), "aws-kms://somewhere").read())
        .withMessageContaining("no KMS client");
  }

  @Test
  void doesNotTakeThePrimaryKeyAway() {
    Keyset keyset = Keyset.generate();

    assertThatExceptionOfType(KeysetException.class)
        .isThrownBy(() -> keyset.without(keyset.primaryKeyId()));
    assertThatExceptionOfType(KeysetException.class).isThrownBy(() -> keyset.withPrimary(1));
  }
}
