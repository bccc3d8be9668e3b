package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonNull;
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
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.Words;
import vmm.cloud.jclouds.openstack.Servers.Owner;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One project in one region of an OpenStack. */
public final class OpenStackCloud implements CloudProvider {

    private final CloudConfig config;
    private final OpenStackOptions options;
    private final InstantSource clock;
    private final Refusals refusals;
    private final Servers servers;
    private final Launches launches;
    private final Names names;
    private @Nullable Keystone keystone;
    private boolean closed;

    /**
     * Calls nobody.
     *
     * @throws IllegalArgumentException naming what of the configuration is wrong
     */
    public OpenStackCloud(CloudConfig config, InstantSource clock) {
        this.config = config;
        this.options = OpenStackOptions.parse(config);
        this.clock = clock;
        this.refusals = new Refusals(Words.hiding(List.of(options.credentials().secret())), clock);
        this.servers = new Servers(config.installation(), refusals);
        this.names = new Names(clock);
        this.launches = new Launches(options, names, refusals);
    }

    @Override
    public CreateAnswer create(LaunchSpec spec) {
        return launches.create(talk(), spec);
    }

    @Override
    public boolean deduplicatesCreates() {
        return false;
    }

    @Override
    public Optional<Instance> get(String instanceId) throws CloudFailure {
        return find(talk(), instanceId)
                .filter(server -> servers.ownerOf(server) != Owner.SOMEBODY_ELSE)
                .filter(server -> !Servers.isSoftDeleted(server))
                .map(server -> servers.instance(server, servers.reasonOf(server)));
    }

    @Override
    public List<Instance> list() throws CloudFailure {
        return talk().list(
                        Service.COMPUTE,
                        "/servers/detail",
                        "servers",
                        Map.of(),
                        server ->
                                servers.ownerOf(server) == Owner.SOMEBODY_ELSE
                                        ? Optional.empty()
                                        : Optional.of(servers.instance(server, null)));
    }

    @Override
    public void delete(String instanceId) throws CloudFailure {
        var talk = talk();
        var server = find(talk, instanceId);
        if (server.isEmpty()) return;
        switch (servers.ownerOf(server.get())) {
            case SOMEBODY_ELSE -> {}
            case OURS -> {
                if (!Servers.isSoftDeleted(server.get())) { // asked again, nova would begin anew
                    change(talk, "DELETE", "/servers/" + instanceId, null);
                }
            }
            case UNREADABLE -> { // nova drops the tags of a server that goes just before the server
                if (!Servers.isGoing(server.get())) throw unreadable(instanceId);
            }
        }
    }

    @Override
    public void start(String instanceId) throws CloudFailure {
        var talk = talk();
        var server =
                find(talk, instanceId)
                        .filter(some -> servers.ownerOf(some) != Owner.SOMEBODY_ELSE)
                        .orElseThrow(
                                () ->
                                        new CloudFailure.Rejected(
                                                "there is no instance " + instanceId));
        if (servers.ownerOf(server) == Owner.UNREADABLE) throw unreadable(instanceId);
        var action =
                switch (Json.text(server, "status").orElse("")) {
                    case "SHUTOFF" -> "os-start";
                    case "PAUSED" -> "unpause";
                    case "SUSPENDED" -> "resume";
                    case "SHELVED", "SHELVED_OFFLOADED" -> "unshelve";
                    default -> "";
                };
        if (action.isEmpty()) return;
        var body = new JsonObject();
        body.add(action, JsonNull.INSTANCE);
        change(talk, "POST", "/servers/" + instanceId + "/action", body);
    }

    @Override
    public List<Offering> offerings() throws CloudFailure {
        return new Shelves(talk()).offerings();
    }

    @Override
    public List<Image> images() throws CloudFailure {
        return new Shelves(talk()).images();
    }

    @Override
    public List<Network> networks() throws CloudFailure {
        return new Shelves(talk()).networks();
    }

    /** As a launch would look them up: also images that no list shows. */
    @Override
    public List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        var talk = talk();
        var shelves = new Shelves(talk);
        var wrong = new ArrayList<Misnomer>();
        if (!names.isOne(talk, Names.Kind.IMAGE, image)) {
            wrong.add(new Misnomer("image", image, shelves.imageNames()));
        }
        if (!names.isOne(talk, Names.Kind.FLAVOR, flavor)) {
            wrong.add(new Misnomer("flavor", flavor, shelves.flavorNames()));
        }
        if (network != null && !names.isOne(talk, Names.Kind.NETWORK, network)) {
            wrong.add(new Misnomer("network", network, shelves.networkNames()));
        }
        return wrong;
    }

    @Override
    public Quota quota() throws CloudFailure {
        return new Shelves(talk()).quota();
    }

    @Override
    public List<Leftover> leftovers() throws CloudFailure {
        return new Ports(refusals).leftovers(talk());
    }

    @Override
    public void remove(Leftover leftover) throws CloudFailure {
        new Ports(refusals).remove(talk(), leftover);
    }

    @Override
    public Optional<String> console(String instanceId) throws CloudFailure {
        var talk = talk();
        var server = find(talk, instanceId);
        if (server.filter(some -> servers.ownerOf(some) == Owner.OURS).isEmpty()) {
            return Optional.empty();
        }
        return Consoles.read(talk, refusals, instanceId);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (keystone != null) keystone.close();
        keystone = null;
    }

    @Override
    public String toString() {
        return "OpenStackCloud[" + config.name() + ", " + options.keystone() + "]";
    }

    /** Whether a text can be an id, and so be part of an address. */
    static boolean isId(String text) {
        return text.matches("[A-Za-z0-9-]{1,64}");
    }

    private Conversation talk() {
        return new Conversation(this::keystone, refusals, config.callTimeout());
    }

    /** Made when first needed: it takes a tenth of a second, and the start waits for no cloud. */
    private synchronized Keystone keystone() throws CloudFailure {
        if (closed) throw new CloudFailure.Unreachable("this cloud is closed");
        var known = keystone;
        if (known == null) {
            known = new Keystone(options, refusals, config.callTimeout(), clock);
            keystone = known;
        }
        return known;
    }

    private static Optional<JsonObject> find(Conversation talk, String instanceId)
            throws CloudFailure {
        if (!isId(instanceId)) throw new CloudFailure.Rejected("no instance has such an id");
        return talk.find(Service.COMPUTE, "/servers/" + instanceId, "server");
    }

    private void change(Conversation talk, String method, String path, @Nullable JsonObject body)
            throws CloudFailure {
        try {
            var answer = talk.send(method, Service.COMPUTE, path, body);
            boolean gone = method.equals("DELETE") && answer.status() == 404;
            if (!answer.isSuccess() && !gone) throw refusals.ofChange("compute", answer);
        } catch (NoAnswer e) {
            throw refusals.silence("compute", e);
        }
    }

    private static CloudFailure unreadable(String instanceId) {
        return new CloudFailure.Rejected(
                "the tags of instance " + instanceId + " cannot be read, so it is left alone");
    }
}
