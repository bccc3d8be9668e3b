package vmm.cloud.jclouds;

import okhttp3.Call;
import okhttp3.EventListener;

/**
 * Whether anything of a request left for the server; of the call that the current thread makes.
 *
 * <p>Only that tells a connection that was never made from one that died under a request.
 */
final class Departure {

    static final ScopedValue<Departure> CURRENT = ScopedValue.newInstance();

    private volatile boolean started;

    boolean hasStarted() {
        return started;
    }

    /** Notes departures; okhttp calls it on the thread that makes the call. */
    static final class Listener extends EventListener {
        @Override
        public void requestHeadersStart(Call call) {
            if (CURRENT.isBound()) CURRENT.get().started = true;
        }
    }
}
