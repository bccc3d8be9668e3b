package vmm.cloud.jclouds.azure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.ManualClock;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** No secret is logged or printed, however much is logged, and none is in a failure. */
class SecretsInLogTest {

    private static final String TOKENS = "eyJ0eXAiOiJKV1Qi";
    private static final String GUEST = "s3cr3t-of-the-guest";

    private final ManualClock clock = Clouds.clock();
    private final FakeArm azure = new FakeArm(clock);
    private final Queue<String> said = new ConcurrentLinkedQueue<>();
    private final Logger root = Logger.getLogger("");
    private final Level before = root.getLevel();
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final Handler listener =
            new Handler() {
                private final SimpleFormatter formatter = new SimpleFormatter();

                @Override
                public void publish(LogRecord record) {
                    said.add(formatter.format(record));
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void listen() {
        listener.setLevel(Level.ALL);
        root.addHandler(listener);
        root.setLevel(Level.ALL);
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void stopListening() {
        System.setOut(out);
        System.setErr(err);
        root.setLevel(before);
        root.removeHandler(listener);
        azure.close();
    }

    @Test
    void nothingOfThemIsHeard() {
        Logger.getLogger("a.check").finest("this is heard");
        System.out.println("this is printed");
        try (var cloud = Clouds.open(azure, "isis")) {
            makeCalls(cloud);
            for (var trouble : troubles()) {
                azure.intercept(trouble);
                makeCalls(cloud);
            }
            azure.calm();
            azure.lockOut();
            makeCalls(cloud);
        }

        assertThat(said).anyMatch(line -> line.contains("this is heard"));
        var all = String.join("\n", said) + printed.toString(StandardCharsets.UTF_8);
        assertThat(all).contains("this is printed");
        var userData = Clouds.spec("vm-1").userData();
        assertThat(all)
                .doesNotContain(FakeArm.SECRET, TOKENS, FakeArm.SIGNATURE, GUEST)
                .doesNotContain(Base64.getEncoder().encodeToString(userData.getBytes()));
    }

    private static List<Function<Request, Reply>> troubles() {
        return List.of(
                request -> new Drop(),
                request -> new Answer(500, everySecret(request)),
                request -> new Answer(400, everySecret(request)),
                request -> new Answer(200, "<" + everySecret(request)));
    }

    /** A server that says back what it was told. */
    private static String everySecret(Request request) {
        var told =
                String.join(
                        " ",
                        request.headers().getOrDefault("authorization", ""),
                        request.body(),
                        String.valueOf(request.uri()));
        return FakeArm.error(400, "BadRequest", told).body();
    }

    private interface Call {
        Object make() throws CloudFailure;
    }

    private void makeCalls(AzureCloud cloud) {
        var id = "vmm-isis-vm-1";
        hear(() -> cloud.create(Clouds.spec("vm-1")));
        clock.advance(Duration.ofSeconds(5));
        hear(() -> cloud.get(id));
        hear(cloud::list);
        hear(() -> cloud.console(id));
        hear(cloud::offerings);
        hear(cloud::images);
        hear(cloud::quota);
        hear(cloud::leftovers);
        hear(
                () -> {
                    cloud.rehearse(Clouds.spec("vm-2"));
                    return "rehearsed";
                });
        hear(
                () -> {
                    cloud.delete(id);
                    return "deleted";
                });
        hear(cloud::toString);
    }

    private void hear(Call call) {
        try {
            said.add(String.valueOf(call.make()));
        } catch (CloudFailure failure) {
            said.add(failure.toString());
        }
    }
}
