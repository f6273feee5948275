package dev.earshot.store.crypto;

import dev.earshot.store.Bytes;
import dev.earshot.store.ContextStore;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.EventFingerprint;
import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionRead;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.RecordKey;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoredItem;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Context items, sealed on their way in and opened on their way out. */
final class EncryptedContext implements ContextStore {
  private static final String MAC = "HmacSHA256";

  private final ContextStore context;
  private final EncryptedStore crypto;
  private final SecretKeySpec secret;

  EncryptedContext(ContextStore context, EncryptedStore crypto, Bytes secret) {
    this.context = context;
    this.crypto = crypto;
    this.secret = new SecretKeySpec(secret.array(), MAC);
  }

  @Override
  public CompletionStage<Interaction> append(InteractionWrite write) {
    long bytes =
        write.events().stream()
            .flatMap(event -> event.items().stream())
            .mapToLong(item -> item.content().size())
            .sum();
    return crypto.sealing(bytes, () -> context.append(seal(write)));
  }

  private InteractionWrite seal(InteractionWrite write) {
    return new InteractionWrite(
        write.interactionId(),
        write.dialogueId(),
        write.userId(),
        write.events().stream().map(event -> seal(write.interactionId(), event)).toList());
  }

  private NewEvent seal(String interactionId, NewEvent event) {
    return new NewEvent(
        event.eventId(),
        event.type(),
        event.time(),
        event.skillId(),
        event.expectedDuration(),
        event.items().stream().map(item -> seal(interactionId, item)).toList(),
        keyed(interactionId, event));
  }

  private NewItem seal(String interactionId, NewItem item) {
    RecordKey key = RecordKey.item(new ItemKey(interactionId, item.itemId()));
    return new NewItem(
        item.itemId(),
        item.kind(),
        item.expireTime(),
        item.textBytes(),
        crypto.seal(key, 0, item.expireTime().toEpochMilli(), item.content()));
  }

  /** A digest that tells nothing without the store's secret, and not that two events are alike. */
  private Bytes keyed(String interactionId, NewEvent event) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(secret);
      mac.update(interactionId.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      mac.update(event.eventId().getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      byte[] digest = mac.doFinal(event.fingerprint().array());
      return Bytes.wrap(Arrays.copyOf(digest, EventFingerprint.BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a digest could not be made", e);
    }
  }

  @Override
  public CompletionStage<InteractionRead> get(String interactionId) {
    return context.get(interactionId);
  }

  @Override
  public CompletionStage<List<Interaction>> ofDialogue(
      String userId, String dialogueId, int limit) {
    return context.ofDialogue(userId, dialogueId, limit);
  }

  @Override
  public CompletionStage<List<Interaction>> ofUser(String userId, int limit) {
    return context.ofUser(userId, limit);
  }

  @Override
  public CompletionStage<StoredItem.Batch> items(List<ItemKey> keys) {
    return context.items(keys).thenApply(this::open);
  }

  private StoredItem.Batch open(StoredItem.Batch batch) {
    List<StoredItem> found = new ArrayList<>(batch.found().size());
    List<ItemKey> unreadable = new ArrayList<>(batch.unreadable());
    for (StoredItem item : batch.found()) {
      try {
        found.add(
            new StoredItem(
                item.key(),
                item.version(),
                item.expireTime(),
                crypto.open(
                    RecordKey.item(item.key()),
                    item.version(),
                    item.expireTime().toEpochMilli(),
                    item.content())));
      } catch (StoreException e) {
        unreadable.add(item.key());
      }
    }
    return new StoredItem.Batch(found, unreadable);
  }

  @Override
  public CompletionStage<Boolean> putDerived(DerivedItem item) {
    return crypto.sealing(
        item.content().size(),
        () ->
            context.putDerived(
                new DerivedItem(
                    item.key(),
                    item.version(),
                    item.expireTime(),
                    crypto.seal(
                        RecordKey.item(item.key()),
                        item.version(),
                        item.expireTime().toEpochMilli(),
                        item.content()))));
  }

  @Override
  public CompletionStage<Boolean> delete(String userId, String interactionId) {
    return context.delete(userId, interactionId);
  }
}
