package dev.earshot.grpc;

import dev.earshot.core.Precedence;
import io.netty.util.concurrent.DefaultThreadFactory;

/** Threads for event loops, which get to what has come in before other threads go on. */
public final class PromptThreads extends DefaultThreadFactory {
  /** Daemons of a name. */
  public PromptThreads(String name) {
    super(name, true);
  }

  @Override
  protected Thread newThread(Runnable loop, String name) {
    return super.newThread(
        () -> {
          Precedence.EVENT_LOOP.enter();
          loop.run();
        },
        name);
  }
}
