package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a real event loop, which may leave its input for ten minutes. */
@Timeout(30)
class CoalescedReadsTest {
  private static final long TEN_MINUTES = Duration.ofMinutes(10).toNanos();

  private volatile BooleanSupplier nobodyCouldBegin = () -> false;
  private final BlockingQueue<CoalescedReads> reads = new LinkedBlockingQueue<>();
  private final Semaphore read = new Semaphore(0);
  private final AtomicLong nanosAgo = new AtomicLong();
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1,
          executor -> {
            CoalescedReads ofLoop =
                new CoalescedReads(
                    NioIoHandler.newFactory().newHandler(executor),
                    () -> nobodyCouldBegin.getAsBoolean(),
                    TEN_MINUTES);
            reads.add(ofLoop);
            return ofLoop;
          });
  private final Socket client = new Socket();

  @BeforeEach
  void connect() throws Exception {
    Channel server =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new SimpleChannelInboundHandler<Object>() {
                  @Override
                  public boolean isSharable() {
                    return true;
                  }

                  @Override
                  protected void channelRead0(ChannelHandlerContext context, Object message) {
                    nanosAgo.set(Arrivals.nanosAgo());
                    read.release();
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    client.connect((InetSocketAddress) server.localAddress());
    send();
    read.acquire();
  }

  private void send() throws IOException {
    client.getOutputStream().write(1);
  }

  @AfterEach
  void close() throws IOException {
    nobodyCouldBegin = () -> false;
    client.close();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  @Test
  void leavesWhatComesInWhileNobodyCouldBeginWithIt() throws Exception {
    nobodyCouldBegin = () -> true;
    awaitNap();
    send();
    assertThat(read.availablePermits()).isZero();

    // An answer goes out, and what has come in is read after it.
    int readBefore = loop.submit(read::availablePermits).get();

    assertThat(readBefore).isZero();
    read.acquire();
    assertThat(nanosAgo.get()).isPositive();
  }

  private void awaitNap() throws Exception {
    Thread thread = loop.submit(Thread::currentThread).get();
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
  }

  @Test
  void readsWhatWasLeftAsSoonAsSomebodyCouldBegin() throws Exception {
    nobodyCouldBegin = () -> true;
    awaitNap();
    send();
    assertThat(read.availablePermits()).isZero();

    reads.element().readNow();

    read.acquire();
    assertThat(nanosAgo.get()).isPositive();
  }

  @Test
  void doesNotWaitIfSomebodyHasJustBecomeFree() throws Exception {
    for (int i = 0; i < 100; i++) {
      // True when it is asked first, and then the one who says so says it to nobody.
      AtomicBoolean first = new AtomicBoolean(true);
      nobodyCouldBegin = () -> first.getAndSet(false);
      loop.submit(() -> {}).get();
      send();
      read.acquire();
    }
  }

  @Test
  void runsTasksAtOnceAndTimersWhenTheyAreDue() throws Exception {
    nobodyCouldBegin = () -> true;

    for (int i = 0; i < 1_000; i++) {
      loop.submit(() -> {}).get();
    }
    loop.schedule(() -> {}, 1, TimeUnit.MILLISECONDS).get();
  }

  @Test
  void readsAtOnceWhileSomebodyCouldBegin() throws Exception {
    for (int i = 0; i < 100; i++) {
      send();
      read.acquire();
      assertThat(nanosAgo.get()).isZero();
    }
  }
}
