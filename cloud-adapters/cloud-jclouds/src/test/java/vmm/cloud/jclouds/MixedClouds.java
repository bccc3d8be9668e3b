package vmm.cloud.jclouds;

import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;
import vmm.cloud.jclouds.aws.FakeEc2;
import vmm.cloud.jclouds.azure.FakeArm;
import vmm.cloud.jclouds.openstack.TroubledOpenStack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * An OpenStack, an EC2 and an Azure on this machine, for a service with a mixed fleet: they boot in
 * real time, and each can be made not to serve. {@link #main} is the demo's.
 */
public final class MixedClouds implements AutoCloseable {

    /** The clouds, by the names that {@code docs/fleet-mixed.yaml} gives them. */
    public enum Site {
        RUTHERFORD,
        IRELAND,
        UKSOUTH;

        /** As the fleet file has it. */
        public String cloud() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * An instance that was made.
     *
     * @param vmId its tag
     * @param deletedAt when it was first asked to go, {@link Instant#MAX} if it was not
     * @param goneAt {@link Instant#MAX} if nobody took it away
     */
    public record Made(Site site, String id, String vmId, Instant deletedAt, Instant goneAt) {

        private static Made at(Site site, Life life) {
            return new Made(site, life.id(), life.vmId(), life.deletedAt(), life.goneAt());
        }

        /** Whether it is there, and nobody asked it to go. */
        public boolean lives() {
            return deletedAt.equals(Instant.MAX) && goneAt.equals(Instant.MAX);
        }
    }

    /**
     * What stands before EC2 and Azure; it may pass a request on, or answer it otherwise, or both.
     */
    public interface Gate {
        Reply through(Site site, Request request, Function<Request, Reply> cloud);
    }

    private final Map<Site, Boolean> out = new ConcurrentHashMap<>();
    private volatile Gate gate = (site, request, cloud) -> cloud.apply(request);
    private final TroubledOpenStack openStack;
    private final FakeEc2 ec2;
    private final FakeArm azure;

    /**
     * @param boot from create to running
     */
    public MixedClouds(Duration boot) {
        var clock = InstantSource.system();
        openStack = new TroubledOpenStack(clock, boot, Duration.ZERO, 1);
        ec2 = new FakeEc2(clock, (request, cloud) -> through(Site.IRELAND, request, cloud));
        azure = new FakeArm(clock, (request, cloud) -> through(Site.UKSOUTH, request, cloud));
        ec2.setBoot(boot);
        azure.setBoot(boot);
    }

    /** What the fleet file takes from the environment: addresses and credentials. */
    public Map<String, String> environment() {
        var variables = new TreeMap<String, String>();
        variables.put("OPENSTACK_URL", openStack.keystone());
        variables.put("OPENSTACK_PASSWORD", TroubledOpenStack.PASSWORD);
        variables.put("EC2_URL", ec2.url());
        variables.put("EC2_KEY", FakeEc2.ACCESS_KEY);
        variables.put("EC2_SECRET", FakeEc2.SECRET_KEY);
        variables.put("ARM_URL", azure.url());
        variables.put("ARM_TENANT", FakeArm.TENANT);
        variables.put("ARM_CLIENT", FakeArm.CLIENT);
        variables.put("ARM_SECRET", FakeArm.SECRET);
        return variables;
    }

    /** What no log may hold. */
    public static List<String> secrets() {
        return List.of(TroubledOpenStack.PASSWORD, FakeEc2.SECRET_KEY, FakeArm.SECRET);
    }

    /** From now on a cloud makes nothing (OpenStack) or does not answer, or is well again. */
    public void setOut(Site site, boolean isOut) {
        out.put(site, isOut);
        if (site == Site.RUTHERFORD) {
            openStack.suffer(
                    isOut
                            ? TroubledOpenStack.Trouble.CREATE_500
                            : TroubledOpenStack.Trouble.HEALTHY);
        }
    }

    /** What stands before EC2 and Azure from now on. */
    public void setGate(Gate newGate) {
        gate = newGate;
    }

    /** Every instance that was ever made. */
    public List<Made> everMade() {
        var made = new ArrayList<Made>();
        for (var it : openStack.everMade()) {
            made.add(new Made(Site.RUTHERFORD, it.id(), it.vmId(), it.deletedAt(), it.goneAt()));
        }
        ec2.lives().forEach(life -> made.add(Made.at(Site.IRELAND, life)));
        azure.lives().forEach(life -> made.add(Made.at(Site.UKSOUTH, life)));
        return List.copyOf(made);
    }

    @Override
    public void close() {
        openStack.close();
        ec2.close();
        azure.close();
    }

    private Reply through(Site site, Request request, Function<Request, Reply> cloud) {
        if (out.getOrDefault(site, false)) return new Drop();
        return gate.through(site, request, cloud);
    }

    /**
     * Serves them until it is stopped.
     *
     * @param arguments a file that the environment is written to when all is ready
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (var clouds = new MixedClouds(Duration.ofSeconds(8));
                var switches = new RawServer(request -> clouds.turn(request))) {
            var lines = new ArrayList<String>();
            clouds.environment().forEach((name, value) -> lines.add(name + "='" + value + "'"));
            lines.add("SWITCHES='" + switches.url() + "'");
            var file = Path.of(arguments[0]);
            var written = file.resolveSibling(file.getFileName() + ".new");
            Files.write(written, lines);
            Files.move(written, file);
            Thread.currentThread().join();
        }
    }

    /** {@code POST /ireland/out} and {@code POST /ireland/back}. */
    private Reply turn(Request request) {
        var words = request.path().split("/");
        for (var site : Site.values()) {
            if (!request.method().equals("POST") || words.length != 3) continue;
            if (!words[1].equals(site.cloud())) continue;
            if (!words[2].equals("out") && !words[2].equals("back")) continue;
            setOut(site, words[2].equals("out"));
            return new Answer(200, site.cloud() + " is " + words[2] + "\n");
        }
        return new Answer(404, "POST /rutherford|ireland|uksouth/out|back\n");
    }
}
