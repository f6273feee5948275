package dev.earshot.grpc;

import dev.earshot.bias.BiasQuery;
import dev.earshot.bias.BiasTimes;
import dev.earshot.bias.RescoreAnswer;
import dev.earshot.deadline.Degradation;
import dev.earshot.phrase.ExplicitPhrase;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.rescore.NBest;
import dev.earshot.rescore.Rescored;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasPhrase;
import dev.earshot.v1.Embedding;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.RescoredHypothesis;
import dev.earshot.v1.Timings;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Requests for a bias and for rescoring as domain values, and back; says what is wrong with one.
 */
final class BiasMessages {
  static final int MAX_PHRASES = 1_000;
  static final int MAX_HYPOTHESES = 100;
  private static final int MAX_PHRASE = 200;
  private static final int MAX_PRONUNCIATIONS = 8;
  private static final int MAX_LOCALE = 35;
  private static final double MAX_BOOST = 20;
  private static final double MAX_SCORE_SCALE = 1_000;

  private BiasMessages() {}

  /** The query of a request; adds all that is wrong with it. */
  static BiasQuery query(GetBiasRequest request, String prefix, Violations violations) {
    return query(
        request.getInteractionId(),
        request.getDialogueId(),
        request.getUserId(),
        request.getPhrasesList(),
        request.getMaxPhrases(),
        request.getLocale(),
        prefix,
        violations);
  }

  /** The query of a request; adds all that is wrong with it. */
  static BiasQuery query(RescoreRequest request, Violations violations) {
    return query(
        request.getInteractionId(),
        request.getDialogueId(),
        request.getUserId(),
        request.getPhrasesList(),
        request.getMaxPhrases(),
        request.getLocale(),
        "",
        violations);
  }

  private static BiasQuery query(
      String interactionId,
      String dialogueId,
      String userId,
      List<BiasPhrase> phrases,
      int maxPhrases,
      String locale,
      String prefix,
      Violations violations) {
    violations.requireOptionalId(prefix + "interaction_id", interactionId);
    violations.requireOptionalId(prefix + "dialogue_id", dialogueId);
    violations.requireOptionalId(prefix + "user_id", userId);
    violations.requireCount(prefix + "phrases", phrases.size(), 0, MAX_PHRASES);
    violations.requireBetween(prefix + "max_phrases", maxPhrases, 0, MAX_PHRASES);
    violations.requireAtMost(prefix + "locale", locale, MAX_LOCALE);
    List<ExplicitPhrase> explicit = new ArrayList<>(Math.min(phrases.size(), MAX_PHRASES));
    for (int i = 0; i < Math.min(phrases.size(), MAX_PHRASES); i++) {
      explicit.add(phrase(phrases.get(i), prefix + "phrases[" + i + "].", violations));
    }
    return new BiasQuery(
        interactionId,
        dialogueId,
        userId,
        explicit,
        maxPhrases == 0 ? BiasQuery.DEFAULT_PHRASES : maxPhrases,
        locale);
  }

  private static ExplicitPhrase phrase(BiasPhrase phrase, String prefix, Violations violations) {
    if (phrase.getText().isBlank()) {
      violations.requireText(prefix + "text", phrase.getText(), MAX_PHRASE);
    } else {
      violations.requireWords(prefix + "text", phrase.getText(), MAX_PHRASE);
    }
    violations.requireWords(prefix + "display", phrase.getDisplay(), MAX_PHRASE);
    if (phrase.hasBoost()) {
      violations.requireBetween(prefix + "boost", phrase.getBoost(), 0d, MAX_BOOST);
    }
    if (!phrase.getKind().isEmpty()) {
      violations.requireKind(prefix + "kind", phrase.getKind());
    }
    violations.requireAtMost(prefix + "locale", phrase.getLocale(), MAX_LOCALE);
    violations.requirePronunciations(prefix + "pronunciations", phrase.getPronunciationsList());
    List<Pronunciation> pronunciations = new ArrayList<>();
    int count = Math.min(phrase.getPronunciationsCount(), MAX_PRONUNCIATIONS);
    for (int i = 0; i < count; i++) {
      String phones = phrase.getPronunciations(i);
      if (phones.isBlank()) {
        continue;
      }
      Pronunciation.parse(phones)
          .ifPresentOrElse(
              pronunciations::add, missingPhone(prefix + "pronunciations[" + i + "]", violations));
    }
    return new ExplicitPhrase(
        phrase.getText(),
        phrase.hasBoost() ? OptionalDouble.of(phrase.getBoost()) : OptionalDouble.empty(),
        phrase.getDisplay(),
        pronunciations,
        phrase.getKind(),
        phrase.getLocale());
  }

  private static Runnable missingPhone(String field, Violations violations) {
    return () ->
        violations.add(field, "not phones (expected: ARPAbet separated by spaces: B AW1 ER0)");
  }

  /** The n-best of a request; adds all that is wrong with it. */
  static NBest nBest(
      List<Hypothesis> hypotheses, double scoreScale, String prefix, Violations violations) {
    int count = hypotheses.size();
    violations.requireCount(prefix + "hypotheses", count, 1, MAX_HYPOTHESES);
    violations.requireBetween(prefix + "score_scale", scoreScale, 0d, MAX_SCORE_SCALE);
    long scored = hypotheses.stream().filter(Hypothesis::hasScore).count();
    if (scored != 0 && scored != count) {
      violations.add(
          prefix + "hypotheses.score",
          scored + " of " + count + " have one (expected: all or none)");
    }
    List<NBest.Hypothesis> texts = new ArrayList<>(Math.min(count, MAX_HYPOTHESES));
    for (int i = 0; i < Math.min(count, MAX_HYPOTHESES); i++) {
      Hypothesis hypothesis = hypotheses.get(i);
      String field = prefix + "hypotheses[" + i + "].";
      violations.requireAtMost(field + "text", hypothesis.getText(), Violations.MAX_UTTERANCE);
      if (hypothesis.hasScore()) {
        violations.requireFinite(field + "score", hypothesis.getScore());
      }
      if (hypothesis.hasConfidence()) {
        violations.requireBetween(field + "confidence", hypothesis.getConfidence(), 0d, 1d);
      }
      texts.add(
          new NBest.Hypothesis(
              hypothesis.getText(), hypothesis.hasScore() ? hypothesis.getScore() : Double.NaN));
    }
    return new NBest(texts, scoreScale == 0 ? 1 : scoreScale);
  }

  /** What may be done; adds what is wrong with it. */
  static dev.earshot.rescore.RescoreMode mode(
      RescoreMode mode, int number, String field, Violations violations) {
    return switch (mode) {
      case RESCORE_MODE_UNSPECIFIED, RESCORE_MODE_REORDER ->
          dev.earshot.rescore.RescoreMode.REORDER;
      case RESCORE_MODE_REPAIR -> dev.earshot.rescore.RescoreMode.REPAIR;
      case UNRECOGNIZED -> {
        violations.add(field, number + " (expected: a mode that the server knows)");
        yield dev.earshot.rescore.RescoreMode.REORDER;
      }
    };
  }

  static Bias bias(dev.earshot.bias.Bias bias, boolean omitEmbedding) {
    Bias.Builder message =
        Bias.newBuilder()
            .setContextText(bias.contextText())
            .setDroppedPhrases(bias.dropped())
            .setVersion(bias.version())
            .setTimings(timings(bias.times()));
    for (dev.earshot.phrase.BiasPhrase phrase : bias.phrases()) {
      message.addPhrases(phrase(phrase));
    }
    if (!omitEmbedding) {
      bias.embedding().ifPresent(numbers -> message.setEmbedding(embedding(numbers)));
    }
    bias.expireTime().ifPresent(time -> message.setExpireTime(WireTime.timestamp(time)));
    if (!bias.degradation().equals(Degradation.NONE)) {
      message.setDegradation(DegradationMessages.of(bias.degradation()));
    }
    return message.build();
  }

  private static BiasPhrase phrase(dev.earshot.phrase.BiasPhrase phrase) {
    BiasPhrase.Builder message =
        BiasPhrase.newBuilder()
            .setText(phrase.text())
            .setBoost(phrase.boost())
            .setKind(phrase.kind())
            .setSource(
                switch (phrase.source()) {
                  case REQUEST -> BiasPhrase.Source.SOURCE_REQUEST;
                  case REPLY -> BiasPhrase.Source.SOURCE_REPLY;
                  case DIALOGUE -> BiasPhrase.Source.SOURCE_DIALOGUE;
                  case PROFILE -> BiasPhrase.Source.SOURCE_PROFILE;
                })
            .setLocale(phrase.locale());
    if (!phrase.display().equals(phrase.text())) {
      message.setDisplay(phrase.display());
    }
    for (Pronunciation pronunciation : phrase.pronunciations()) {
      message.addPronunciations(pronunciation.toString());
    }
    return message.build();
  }

  private static Embedding embedding(dev.earshot.bias.Embedding vector) {
    Embedding.Builder message =
        Embedding.newBuilder()
            .setModelId(vector.modelId())
            .addShape(vector.items())
            .addShape(vector.dimensions());
    for (float value : vector.values()) {
      message.addValues(value);
    }
    return message.build();
  }

  static RescoreResponse rescored(RescoreAnswer answer) {
    RescoreResponse.Builder message =
        RescoreResponse.newBuilder()
            .setChanged(answer.rescored().changed())
            .setDroppedPhrases(answer.dropped())
            .setBiasVersion(answer.biasVersion())
            .setTimings(timings(answer.times()));
    for (Rescored.Hypothesis hypothesis : answer.rescored().hypotheses()) {
      RescoredHypothesis.Builder rescored =
          message
              .addHypothesesBuilder()
              .setText(hypothesis.text())
              .setSourceIndex(hypothesis.sourceIndex());
      if (!Double.isNaN(hypothesis.score())) {
        rescored.setScore(hypothesis.score());
      }
      for (Rescored.Repair repair : hypothesis.repairs()) {
        rescored
            .addRepairsBuilder()
            .setStart(repair.start())
            .setEnd(repair.end())
            .setOriginal(repair.original())
            .setPhrase(repair.phrase())
            .setProbability(repair.probability());
      }
    }
    if (!answer.degradation().equals(Degradation.NONE)) {
      message.setDegradation(DegradationMessages.of(answer.degradation()));
    }
    return message.build();
  }

  private static Timings timings(BiasTimes times) {
    return Timings.newBuilder()
        .setQueueUs(DegradationMessages.micros(times.queueNanos()))
        .setDialogueUs(DegradationMessages.micros(times.dialogueNanos()))
        .setPhrasesUs(DegradationMessages.micros(times.phrasesNanos()))
        .setEncodeUs(DegradationMessages.micros(times.encodeNanos()))
        .setRescoreUs(DegradationMessages.micros(times.rescoreNanos()))
        .setTotalUs(DegradationMessages.micros(times.totalNanos()))
        .build();
  }
}
