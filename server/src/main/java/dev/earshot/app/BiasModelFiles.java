package dev.earshot.app;

import dev.earshot.bias.BiasModels;
import dev.earshot.bias.Sounds;
import dev.earshot.model.BiasBundle;
import dev.earshot.model.BiasBundle.Role;
import dev.earshot.model.BundleException;
import dev.earshot.model.ContextEncoder;
import dev.earshot.model.OnnxContextEncoder;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.pronunciation.GraphemeToPhoneme;
import dev.earshot.pronunciation.Lexicon;
import dev.earshot.pronunciation.Pronouncer;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.rescore.LearnedRescorer;
import dev.earshot.rescore.Rescorer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Loads the models of a bias bundle, those that are in it. */
final class BiasModelFiles {
  private BiasModelFiles() {}

  /**
   * Loads the models. Rescoring needs to know how words sound: without a lexicon there is none.
   *
   * @throws BundleException naming the file that is missing, damaged or not as the format says
   */
  static BiasModels load(Path directory, OnnxRuntime runtime) throws BundleException {
    BiasBundle bundle = BiasBundle.open(directory);
    Optional<Pronouncer> pronouncer = pronouncer(bundle);
    Optional<Rescorer> rescorer = Optional.empty();
    if (pronouncer.isPresent() && bundle.has(Role.RESCORER)) {
      Pronouncer sounds = pronouncer.get();
      rescorer =
          Optional.of(read(bundle, Role.RESCORER, file -> LearnedRescorer.read(file, sounds)));
    }
    Optional<ContextEncoder> encoder =
        bundle.has(Role.CONTEXT_ENCODE)
            ? Optional.of(OnnxContextEncoder.load(bundle, runtime))
            : Optional.empty();
    return new BiasModels(
        bundle.manifestSha256(), pronouncer.map(PronouncedWords::new), rescorer, encoder);
  }

  private static Optional<Pronouncer> pronouncer(BiasBundle bundle) throws BundleException {
    if (!bundle.has(Role.LEXICON) || !bundle.has(Role.G2P)) {
      return Optional.empty();
    }
    return Optional.of(
        new Pronouncer(
            read(bundle, Role.LEXICON, Lexicon::read),
            read(bundle, Role.G2P, GraphemeToPhoneme::read),
            Set.copyOf(bundle.languages())));
  }

  /** Makes something of a file's bytes. */
  @FunctionalInterface
  private interface Reader<T> {
    T read(byte[] file) throws IOException;
  }

  private static <T> T read(BiasBundle bundle, Role role, Reader<T> reader) throws BundleException {
    try {
      return reader.read(bundle.read(role));
    } catch (IOException e) {
      throw new BundleException(bundle.fileName(role), String.valueOf(e.getMessage()), e);
    }
  }

  /** The words of a lexicon, and those that are worked out from their letters. */
  private record PronouncedWords(Pronouncer pronouncer) implements Sounds {
    @Override
    public boolean speaks(String locale) {
      return pronouncer.speaks(locale);
    }

    @Override
    public List<Pronunciation> pronounce(String text) {
      return pronouncer.pronounce(text);
    }
  }
}
