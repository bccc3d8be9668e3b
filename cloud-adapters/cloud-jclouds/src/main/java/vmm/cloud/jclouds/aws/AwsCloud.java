package vmm.cloud.jclouds.aws;

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
import vmm.cloud.jclouds.Words;
import vmm.cloud.jclouds.aws.Instances.Owner;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** One account in one region of Amazon EC2. */
public final class AwsCloud implements CloudProvider {

    private static final String WHAT = "InstanceID";

    private final CloudConfig config;
    private final AwsOptions options;
    private final InstantSource clock;
    private final KeyRing keyRing;
    private final Refusals refusals;
    private final Instances instances;
    private final Names names;
    private final Launches launches;

    /** Processors of types, which do not change. */
    private final Map<String, Integer> processors = new ConcurrentHashMap<>();

    private @Nullable Ec2 ec2;
    private boolean closed;

    /**
     * Calls nobody.
     *
     * @throws IllegalArgumentException naming what of the configuration is wrong
     */
    public AwsCloud(CloudConfig config, InstantSource clock) {
        this.config = config;
        this.options = AwsOptions.parse(config);
        this.clock = clock;
        this.keyRing = new KeyRing(options.credentials().source(), clock);
        this.refusals = new Refusals(new Words(keyRing::secrets), clock);
        this.instances = new Instances(config.installation(), options.showsPublicAddress());
        this.names = new Names(options.imageOwners(), clock);
        this.launches = new Launches(options, instances, names, refusals);
    }

    @Override
    public CreateAnswer create(LaunchSpec spec) {
        return launches.create(talk(), spec);
    }

    @Override
    public boolean deduplicatesCreates() {
        return true;
    }

    @Override
    public Optional<Instance> get(String instanceId) throws CloudFailure {
        return instances
                .find(talk(), instanceId)
                .filter(item -> !Instances.isTerminated(item))
                .filter(item -> instances.ownerOf(item) != Owner.SOMEBODY_ELSE)
                .map(instances::instance);
    }

    @Override
    public List<Instance> list() throws CloudFailure {
        return instances.list(talk());
    }

    /**
     * One id at a time, for EC2 does nothing at all if one of several is unknown. One that is not
     * shown may have been launched just now, so it is terminated all the same. Where that is
     * forbidden, it is a failure: a policy that goes by tags may not know yet that it is ours.
     */
    @Override
    public void delete(String instanceId) throws CloudFailure {
        var talk = talk();
        var item = instances.find(talk, instanceId);
        if (item.isPresent()) {
            if (Instances.isGoing(item.get())) return;
            switch (instances.ownerOf(item.get())) {
                case SOMEBODY_ELSE -> {
                    return;
                }
                case UNREADABLE -> throw unreadable(instanceId);
                case OURS -> {}
            }
        }
        var answer = talk.ask(Form.of("TerminateInstances").with("InstanceId.1", instanceId));
        if (answer.isSuccess() || Refusals.isAbsent(answer, WHAT)) return;
        throw refusals.of(answer);
    }

    @Override
    public void start(String instanceId) throws CloudFailure {
        var talk = talk();
        var item =
                instances
                        .find(talk, instanceId)
                        .filter(some -> !Instances.isTerminated(some))
                        .filter(some -> instances.ownerOf(some) != Owner.SOMEBODY_ELSE)
                        .orElseThrow(
                                () ->
                                        new CloudFailure.Rejected(
                                                "there is no instance "
                                                        + refusals.shown(instanceId)));
        if (instances.ownerOf(item) == Owner.UNREADABLE) throw unreadable(instanceId);
        if (!Instances.stateOf(item).startsWith("stop")) return;
        var answer = talk.ask(Form.of("StartInstances").with("InstanceId.1", instanceId));
        if (!answer.isSuccess()) {
            throw refusals.of(answer, item.text("instanceType").orElse(""));
        }
    }

    @Override
    public List<Offering> offerings() throws CloudFailure {
        return shelves(talk()).offerings();
    }

    @Override
    public List<Image> images() throws CloudFailure {
        return shelves(talk()).images();
    }

    @Override
    public List<Network> networks() throws CloudFailure {
        return shelves(talk()).networks();
    }

    /**
     * As a launch would look them up: also images of others. A parameter of Systems Manager is
     * taken for right, as EC2 reads it only in a launch.
     */
    @Override
    public List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        return misnomers(talk(), image, flavor, network);
    }

    /** EC2 checks permissions in a dry run, and not all of the names. */
    @Override
    public void rehearse(LaunchSpec spec) throws CloudFailure {
        var talk = talk();
        for (var wrong : misnomers(talk, spec.image(), spec.flavor(), spec.network())) {
            throw new CloudFailure.Rejected(
                    "there is no " + wrong.what() + " '" + wrong.name() + "' here");
        }
        launches.rehearse(talk, spec);
    }

    @Override
    public void ping() throws CloudFailure {
        talk().rehearse(Form.of("DescribeInstances"), "");
    }

    @Override
    public Quota quota() throws CloudFailure {
        return shelves(talk()).quota();
    }

    @Override
    public List<Leftover> leftovers() throws CloudFailure {
        return new Debris(talk(), refusals, instances).leftovers();
    }

    @Override
    public void remove(Leftover leftover) throws CloudFailure {
        new Debris(talk(), refusals, instances).remove(leftover);
    }

    @Override
    public Optional<String> console(String instanceId) throws CloudFailure {
        var talk = talk();
        var ours =
                instances
                        .find(talk, instanceId)
                        .filter(item -> instances.ownerOf(item) == Owner.OURS);
        return ours.isEmpty() ? Optional.empty() : Consoles.read(talk, instanceId);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (ec2 != null) ec2.close();
        ec2 = null;
    }

    @Override
    public String toString() {
        return "AwsCloud[" + config.name() + ", " + options.region() + "]";
    }

    private List<Misnomer> misnomers(
            Conversation talk, String image, String flavor, @Nullable String network)
            throws CloudFailure {
        var shelves = shelves(talk);
        var wrong = new ArrayList<Misnomer>();
        if (!isImage(talk, shelves, image)) {
            var known = shelves.images().stream().flatMap(i -> Stream.of(i.name(), i.id()));
            wrong.add(new Misnomer("image", image, known.toList()));
        }
        if (!shelves.hasFlavor(flavor)) {
            var known = shelves.offerings().stream().map(Offering::flavor);
            wrong.add(new Misnomer("flavor", flavor, known.toList()));
        }
        for (var subnet : launches.named(network)) {
            if (shelves.hasSubnet(subnet)) continue;
            var known = shelves.networks().stream().map(Network::id);
            wrong.add(new Misnomer("network", subnet, known.toList()));
        }
        return wrong;
    }

    private boolean isImage(Conversation talk, Shelves shelves, String image) throws CloudFailure {
        if (Names.isParameter(image)) return true;
        if (Names.isId(image)) return shelves.hasImage(image);
        return names.idsOf(talk, image).size() == 1;
    }

    private Shelves shelves(Conversation talk) {
        return new Shelves(talk, options, processors);
    }

    private Conversation talk() {
        return new Conversation(this::ec2, keyRing, refusals, config.callTimeout());
    }

    /** Made when first needed: it takes a tenth of a second, and the start waits for no cloud. */
    private synchronized Ec2 ec2() throws CloudFailure {
        if (closed) throw new CloudFailure.Unreachable("this cloud is closed");
        var known = ec2;
        if (known == null) {
            known = new Ec2(options, config.callTimeout(), clock);
            ec2 = known;
        }
        return known;
    }

    private static CloudFailure unreadable(String instanceId) {
        return new CloudFailure.Rejected(
                "the tags of instance " + instanceId + " cannot be read, so it is left alone");
    }
}
