package dev.earshot.grpc;

import dev.earshot.store.Store.TableSize;
import dev.earshot.store.crypto.EncryptedStore.Progress;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.upkeep.StoreUpkeep;
import dev.earshot.v1.BackUpStoreRequest;
import dev.earshot.v1.BackUpStoreResponse;
import dev.earshot.v1.DescribeStoreRequest;
import dev.earshot.v1.DescribeStoreResponse;
import dev.earshot.v1.ReencryptStoreRequest;
import dev.earshot.v1.ReencryptStoreResponse;
import dev.earshot.v1.ReloadKeysetRequest;
import dev.earshot.v1.ReloadKeysetResponse;
import dev.earshot.v1.StoreKey;
import dev.earshot.v1.StoreTable;
import dev.earshot.v1.StoresGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.regex.Pattern;

/** {@code earshot.v1.Stores} over the domain's {@link StoreUpkeep}. */
final class StoresService extends StoresGrpc.StoresImplBase {
  private static final Pattern BACKUP_NAME = Pattern.compile("(?!\\.)[A-Za-z0-9_.-]{0,64}");

  private final StoreUpkeep upkeep;
  private final LenientMarshalling marshalling;

  StoresService(StoreUpkeep upkeep, LenientMarshalling marshalling) {
    this.upkeep = upkeep;
    this.marshalling = marshalling;
  }

  @Override
  public void describeStore(
      DescribeStoreRequest request, StreamObserver<DescribeStoreResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          return upkeep.describe();
        },
        description ->
            DescribeStoreResponse.newBuilder()
                .setKind(description.kind())
                .addAllTables(description.tables().stream().map(StoresService::table).toList())
                .addAllKeys(messages(description.keys()))
                .build());
  }

  private static StoreTable table(TableSize size) {
    return StoreTable.newBuilder()
        .setName(size.table().label())
        .setEntries(size.rows())
        .setBytes(size.bytes())
        .build();
  }

  private static List<StoreKey> messages(List<Keyset.Key> keys) {
    return keys.stream()
        .map(key ->
            StoreKey.newBuilder()
                .setKeyId(key.id())
                .setPrimary(key.primary())
                .setEnabled(key.enabled())
                .setEntries(-1)
                .build())
        .toList();
  }

  @Override
  public void backUpStore(
      BackUpStoreRequest request, StreamObserver<BackUpStoreResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          Violations violations = new Violations();
          if (!BACKUP_NAME.matcher(request.getName()).matches()) {
            violations.add(
                "name",
                "not a name (expected: at most 64 of A-Z a-z 0-9 _ - . , not beginning with a dot)");
          }
          violations.throwIfAny();
          return upkeep.backUp(request.getName());
        },
        backup ->
            BackUpStoreResponse.newBuilder()
                .setName(backup.name())
                .setBytesDone(backup.bytes())
                .setBytesTotal(backup.bytes())
                .setSnapshotTime(WireTime.timestamp(backup.snapshotTime()))
                .build());
  }

  @Override
  public void reloadKeyset(
      ReloadKeysetRequest request, StreamObserver<ReloadKeysetResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          return upkeep.reloadKeyset();
        },
        keys -> ReloadKeysetResponse.newBuilder().addAllKeys(messages(keys)).build());
  }

  @Override
  public void reencryptStore(
      ReencryptStoreRequest request, StreamObserver<ReencryptStoreResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          return upkeep.reencrypt(progress -> tell(observer, progress));
        },
        StoresService::message);
  }

  /** On the thread that re-encrypts, which ends before the last message is written. */
  private static void tell(StreamObserver<ReencryptStoreResponse> observer, Progress progress) {
    boolean isWanted =
        observer instanceof ServerCallStreamObserver<?> call
            && call.isReady()
            && !call.isCancelled();
    if (isWanted) {
      observer.onNext(message(progress));
    }
  }

  private static ReencryptStoreResponse message(Progress progress) {
    return ReencryptStoreResponse.newBuilder()
        .setEntriesDone(progress.done())
        .setEntriesTotal(progress.total())
        .setEntriesReencrypted(progress.reencrypted())
        .setEntriesUnreadable(progress.unreadable())
        .build();
  }
}
