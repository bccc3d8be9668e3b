package vmm.cloud.simulated;

import java.io.IOException;

/** The wire between a simulated guest and the service. */
@FunctionalInterface
public interface GuestTransport extends AutoCloseable {

    /**
     * Posts a report.
     *
     * @param url of the report itself, path included
     * @param token goes into the header {@code Authorization: Bearer …}
     * @return the HTTP status
     * @throws IOException if there was no answer
     */
    int post(String url, String token, String json) throws IOException;

    @Override
    default void close() {}
}
