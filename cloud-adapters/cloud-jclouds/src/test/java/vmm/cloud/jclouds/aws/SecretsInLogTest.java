package vmm.cloud.jclouds.aws;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.jclouds.RawServer.BreakOff;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Whatever happens and however much is logged, no secret is in any log or on the console. */
class SecretsInLogTest {

    private static final String GUEST = "s3cr3t-of-the-guest";

    private final Logger root = Logger.getLogger("");
    private final Level level = root.getLevel();
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();
    private final Recorder recorder = new Recorder();
    private final FakeEc2 ec2 = new FakeEc2(Clouds.clock());
    private final FakeKeySources keys = new FakeKeySources(ec2);

    @TempDir private Path directory;

    @BeforeEach
    void listen() {
        root.setLevel(Level.ALL);
        recorder.setLevel(Level.ALL);
        root.addHandler(recorder);
        System.setOut(new PrintStream(console, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(console, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void close() {
        root.removeHandler(recorder);
        root.setLevel(level);
        System.setOut(out);
        System.setErr(err);
        keys.close();
        ec2.close();
    }

    @Test
    void secretsAreInNoLog() throws IOException {
        var token = Files.writeString(directory.resolve("token"), FakeKeySources.WEB_TOKEN);
        var clouds =
                List.<CloudProvider>of(
                        Clouds.open(ec2, "isis"),
                        open(Map.of("source", "instance-profile")),
                        open(
                                Map.of(
                                        "source",
                                        "web-identity",
                                        "roleArn",
                                        FakeKeySources.ROLE_ARN,
                                        "tokenFile",
                                        token.toString())));
        var said = new ArrayList<String>();
        for (var cloud : clouds) {
            for (var trouble : troubles()) {
                ec2.intercept(trouble);
                said.add(cloud.create(Clouds.spec("vm-1")).toString());
                for (var call : calls(cloud)) said.add(wordsOf(call));
            }
            ec2.calm();
            cloud.close();
        }
        keys.intercept(request -> FakeKeySources.fault(403, "AccessDenied", request.body()));
        try (var refused = open(Map.of("source", "instance-profile"))) {
            said.add(wordsOf(refused::list));
        }
        Logger.getLogger("canary").finest("recorded");

        assertThat(recorder.lines).anyMatch(line -> line.contains("recorded"));
        var everything = String.join("\n", recorder.lines) + said + console;
        for (var secret : secrets()) assertThat(everything).doesNotContain(secret);
    }

    /** What was sent, signatures and all, in the forms in which it may turn up. */
    private List<String> secrets() {
        var secrets = new ArrayList<String>();
        secrets.add(FakeEc2.SECRET_KEY);
        secrets.add(FakeKeySources.WEB_TOKEN);
        for (int n = 1; n <= keys.given(); n++) secrets.addAll(FakeKeySources.secrets(n));
        secrets.add(GUEST);
        secrets.add(
                Base64.getEncoder()
                        .encodeToString(Clouds.spec("vm-1").userData().getBytes())
                        .substring(0, 24));
        for (var request : ec2.requests()) {
            Signature.of(request).ifPresent(signature -> secrets.add(signature.signature()));
        }
        assertThat(secrets).hasSizeGreaterThan(20);
        return secrets;
    }

    private static List<Function<Request, Reply>> troubles() {
        return List.of(
                request -> null,
                request -> new Drop(),
                request -> new BreakOff(200, "<a>"),
                request -> FakeEc2.error(500, "InternalError", quoted(request)),
                request -> FakeEc2.error(403, "SignatureDoesNotMatch", quoted(request)),
                request -> FakeEc2.error(400, "InvalidParameterValue", quoted(request)),
                request -> FakeEc2.error(503, "RequestLimitExceeded", quoted(request)));
    }

    /** A cloud that quotes what it was sent. */
    private static String quoted(Request request) {
        return request.headers().get("x-amz-security-token")
                + " "
                + FakeEc2.parameters(request.body()).get("UserData");
    }

    private static List<Call> calls(CloudProvider cloud) {
        return List.of(
                cloud::list,
                cloud::quota,
                cloud::offerings,
                cloud::images,
                cloud::networks,
                cloud::leftovers,
                () -> cloud.get("i-00000000000000001"),
                () -> cloud.console("i-00000000000000001"));
    }

    private interface Call {
        Object make() throws CloudFailure;
    }

    private static String wordsOf(Call call) {
        try {
            return String.valueOf(call.make());
        } catch (CloudFailure failure) {
            return failure.toString();
        }
    }

    private AwsCloud open(Map<String, String> credentials) {
        var options = Map.of("imdsEndpoint", keys.url(), "stsEndpoint", keys.url());
        return new AwsCloud(Clouds.config(ec2.url(), "isis", credentials, options), ec2.clock);
    }

    private static final class Recorder extends Handler {
        final Queue<String> lines = new ConcurrentLinkedQueue<>();
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord logged) {
            lines.add(formatter.format(logged));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
