package vmm.cloud.jclouds;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/**
 * Something that one caller finds for all who want it at that time, and that is kept while it is
 * good. A failure is shared with those who waited for it, and with nobody later.
 */
public final class Shared<T> {

    /** Where it comes from. */
    public interface Source<T> {
        T find() throws CloudFailure;
    }

    private final AtomicReference<@Nullable CompletableFuture<T>> current = new AtomicReference<>();

    public T get(Predicate<T> isGood, Source<T> source) throws CloudFailure {
        while (true) {
            var known = current.get();
            if (known != null && isUsable(known, isGood)) return join(known);
            var mine = new CompletableFuture<T>();
            if (!current.compareAndSet(known, mine)) continue;
            try {
                mine.complete(source.find());
            } catch (CloudFailure failure) {
                mine.completeExceptionally(failure);
            } catch (RuntimeException | Error e) {
                mine.completeExceptionally(e);
                throw e;
            }
            return join(mine);
        }
    }

    /** Somebody found that this one is not good any more; one found since is kept. */
    public void forget(T value) {
        var known = current.get();
        if (known != null && known.isDone() && isUsable(known, value::equals)) {
            current.compareAndSet(known, null);
        }
    }

    private static <T> boolean isUsable(CompletableFuture<T> found, Predicate<T> isGood) {
        if (!found.isDone()) return true;
        return !found.isCompletedExceptionally() && isGood.test(found.join());
    }

    private static <T> T join(CompletableFuture<T> found) throws CloudFailure {
        try {
            return found.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof CloudFailure failure) throw failure;
            throw e;
        }
    }
}
