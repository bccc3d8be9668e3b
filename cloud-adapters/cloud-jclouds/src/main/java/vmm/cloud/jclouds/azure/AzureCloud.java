package vmm.cloud.jclouds.azure;

import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Image;
import vmm.cloud.Instance;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.Misnomer;
import vmm.cloud.Network;
import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.Words;
import vmm.cloud.jclouds.azure.Machines.Owner;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * One resource group in one location of Azure. An instance's id is the name of its virtual machine,
 * so that a create that is sent again can only meet the machine that the first one made.
 */
public final class AzureCloud implements CloudProvider {

    private final CloudConfig config;
    private final AzureOptions options;
    private final Paths paths;
    private final InstantSource clock;
    private final Refusals refusals;
    private final Machines machines;
    private final Listings listings;
    private final Launches launches;
    private @Nullable Arm arm;
    private boolean closed;

    /**
     * Calls nobody.
     *
     * @throws IllegalArgumentException naming what of the configuration is wrong
     */
    public AzureCloud(CloudConfig config, InstantSource clock) {
        this.config = config;
        this.options = AzureOptions.parse(config);
        this.paths = options.paths();
        this.clock = clock;
        this.refusals = new Refusals(new Words(this::secrets), clock);
        this.machines = new Machines(config.installation(), refusals);
        this.listings = new Listings(paths, machines, new Interfaces(paths, options.showsPublic()));
        this.launches = new Launches(options, machines, refusals);
    }

    @Override
    public CreateAnswer create(LaunchSpec spec) {
        return launches.create(talk(), spec);
    }

    /** A PUT of a name that exists makes nothing ({@code If-None-Match: *}). */
    @Override
    public boolean deduplicatesCreates() {
        return true;
    }

    @Override
    public Optional<Instance> get(String instanceId) throws CloudFailure {
        var talk = talk();
        var machine =
                find(
                        talk,
                        instanceId,
                        answer -> Refusals.isAbsent(answer) || Refusals.isNotInLocation(answer));
        if (machine.isEmpty() || machines.ownerOf(machine.get()) == Owner.SOMEBODY_ELSE) {
            return Optional.empty();
        }
        return Optional.of(listings.one(talk, instanceId, machine.get()));
    }

    @Override
    public List<Instance> list() throws CloudFailure {
        return listings.all(talk());
    }

    @Override
    public void delete(String instanceId) throws CloudFailure {
        var talk = talk();
        var machine = find(talk, instanceId);
        if (machine.isEmpty()) return;
        switch (machines.ownerOf(machine.get())) {
            case SOMEBODY_ELSE -> {}
            case OURS -> change(talk, "DELETE", paths.machine(instanceId));
            case UNREADABLE -> throw unreadable(instanceId);
        }
    }

    @Override
    public void start(String instanceId) throws CloudFailure {
        var talk = talk();
        var machine =
                find(talk, instanceId)
                        .filter(some -> machines.ownerOf(some) != Owner.SOMEBODY_ELSE)
                        .orElseThrow(
                                () ->
                                        new CloudFailure.Rejected(
                                                "there is no instance " + instanceId));
        if (machines.ownerOf(machine) == Owner.UNREADABLE) throw unreadable(instanceId);
        var power = Machines.power(Machines.statusesOf(machine)).orElse("");
        if (power.equals("running") || power.equals("starting")) return;
        change(talk, "POST", paths.action(instanceId, "start"));
    }

    @Override
    public List<Offering> offerings() throws CloudFailure {
        return shelves().offerings();
    }

    @Override
    public List<Image> images() throws CloudFailure {
        return shelves().images();
    }

    @Override
    public List<Network> networks() throws CloudFailure {
        return shelves().networks();
    }

    /** As a launch would call them: also images that no list shows. */
    @Override
    public List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        return shelves().misnomers(image, flavor, network);
    }

    @Override
    public void rehearse(LaunchSpec spec) throws CloudFailure {
        var talk = talk();
        var request = launches.request(spec);
        var wrong =
                new Shelves(talk, paths)
                        .misnomers(spec.image(), spec.flavor(), launches.subnet(spec));
        for (var one : wrong) {
            throw new CloudFailure.Rejected(
                    "there is no %s '%s' here".formatted(one.what(), one.name()));
        }
        new Rehearsals(paths, refusals).validate(talk, spec, request);
    }

    @Override
    public void ping() throws CloudFailure {
        talk().read(paths.resourceGroup());
    }

    @Override
    public Quota quota() throws CloudFailure {
        return shelves().quota();
    }

    @Override
    public List<Leftover> leftovers() throws CloudFailure {
        return new Leavings(paths, machines, refusals).all(talk());
    }

    @Override
    public void remove(Leftover leftover) throws CloudFailure {
        new Leavings(paths, machines, refusals).remove(talk(), leftover);
    }

    @Override
    public Optional<String> console(String instanceId) throws CloudFailure {
        var talk = talk();
        var machine = find(talk, instanceId);
        if (machine.filter(some -> machines.ownerOf(some) == Owner.OURS).isEmpty()) {
            return Optional.empty();
        }
        return new Consoles(paths, refusals).read(talk, instanceId);
    }

    @Override
    public synchronized void close() {
        if (closed) return;
        closed = true;
        if (arm != null) arm.close(); // and kept: calls under way still need its secrets masked
    }

    @Override
    public String toString() {
        return "AzureCloud[" + config.name() + ", " + paths.group() + ", " + paths.location() + "]";
    }

    /** Whether a text can be the name of a resource, and so be part of an address. */
    static boolean isId(String text) {
        return text.matches("[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?");
    }

    private Conversation talk() {
        return new Conversation(this::arm, refusals, config.callTimeout());
    }

    private Shelves shelves() {
        return new Shelves(talk(), paths);
    }

    /** Made when first needed: it takes a tenth of a second, and the start waits for no cloud. */
    private synchronized Arm arm() throws CloudFailure {
        if (closed) throw new CloudFailure.Unreachable("this cloud is closed");
        var known = arm;
        if (known == null) {
            known = new Arm(options, refusals, config.callTimeout(), clock);
            arm = known;
        }
        return known;
    }

    private synchronized List<String> secrets() {
        return arm == null ? List.of() : arm.secrets();
    }

    private Optional<JsonObject> find(Conversation talk, String instanceId) throws CloudFailure {
        return find(talk, instanceId, Refusals::isAbsent);
    }

    private Optional<JsonObject> find(
            Conversation talk, String instanceId, Predicate<HttpAnswer> isAbsent)
            throws CloudFailure {
        if (!isId(instanceId)) throw new CloudFailure.Rejected("no instance has such an id");
        return talk.find(paths.machineInView(instanceId), isAbsent);
    }

    private void change(Conversation talk, String method, String path) throws CloudFailure {
        try {
            var answer = talk.send(method, path, null);
            boolean gone = method.equals("DELETE") && Refusals.isAbsent(answer);
            if (!answer.isSuccess() && !gone) throw refusals.ofChange(answer, "");
        } catch (NoAnswer e) {
            throw refusals.silence(e);
        }
    }

    private static CloudFailure unreadable(String instanceId) {
        return new CloudFailure.Rejected(
                "the tags of instance " + instanceId + " cannot be read, so it is left alone");
    }
}
