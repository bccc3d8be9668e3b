package vmm.scenario;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Image;
import vmm.cloud.Instance;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.Misnomer;
import vmm.cloud.Offering;
import vmm.cloud.Quota;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A cloud whose calls are remembered, and that can fail in the ways that no weather singles out:
 * only its creates or its deletes, or only what it tells of its quota.
 */
final class ObservedCloud implements CloudProvider {
    private final CloudProvider cloud;
    private final InstantSource clock;
    private final List<Instant> creates = new ArrayList<>();
    private final List<Instant> deletes = new ArrayList<>();
    private final List<Map<String, String>> options = new ArrayList<>();
    private final Deque<Function<LaunchSpec, CreateAnswer>> answers = new ArrayDeque<>();
    private boolean deduplicates;
    private boolean failsCreates;
    private boolean failsDeletes;
    private boolean hidesQuota;

    ObservedCloud(CloudProvider cloud, InstantSource clock) {
        this.cloud = cloud;
        this.clock = clock;
    }

    /** When creates were sent, whatever came of them. */
    List<Instant> creates() {
        return List.copyOf(creates);
    }

    /** When deletes were sent, whatever came of them. */
    List<Instant> deletes() {
        return List.copyOf(deletes);
    }

    /** The options of each create that was sent. */
    List<Map<String, String>> options() {
        return List.copyOf(options);
    }

    long createsSince(Instant since) {
        return creates.stream().filter(at -> !at.isBefore(since)).count();
    }

    /** From now on creates may be repeated; the next are answered by these, in turn. */
    void answerCreates(List<Function<LaunchSpec, CreateAnswer>> next) {
        deduplicates = true;
        answers.addAll(next);
    }

    /** Answers creates with a 5xx, which leaves open whether something was made; nothing is. */
    void failCreates(boolean fails) {
        failsCreates = fails;
    }

    void failDeletes(boolean fails) {
        failsDeletes = fails;
    }

    void hideQuota() {
        hidesQuota = true;
    }

    @Override
    public CreateAnswer create(LaunchSpec spec) {
        creates.add(clock.instant());
        options.add(spec.options());
        if (!answers.isEmpty()) return answers.remove().apply(spec);
        return failsCreates
                ? new CreateAnswer.Unknown(new CloudFailure.Unreachable("500 the create failed"))
                : cloud.create(spec);
    }

    @Override
    public boolean deduplicatesCreates() {
        return deduplicates || cloud.deduplicatesCreates();
    }

    @Override
    public Optional<Instance> get(String instanceId) throws CloudFailure {
        return cloud.get(instanceId);
    }

    @Override
    public List<Instance> list() throws CloudFailure {
        return cloud.list();
    }

    @Override
    public void delete(String instanceId) throws CloudFailure {
        deletes.add(clock.instant());
        if (failsDeletes) throw new CloudFailure.Unreachable("500 the delete failed");
        cloud.delete(instanceId);
    }

    @Override
    public void start(String instanceId) throws CloudFailure {
        cloud.start(instanceId);
    }

    @Override
    public List<Offering> offerings() throws CloudFailure {
        return cloud.offerings();
    }

    @Override
    public List<Image> images() throws CloudFailure {
        return cloud.images();
    }

    @Override
    public List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        return cloud.misnomers(image, flavor, network);
    }

    @Override
    public Quota quota() throws CloudFailure {
        return hidesQuota ? Quota.UNTOLD : cloud.quota();
    }

    @Override
    public List<Leftover> leftovers() throws CloudFailure {
        return cloud.leftovers();
    }

    @Override
    public void remove(Leftover leftover) throws CloudFailure {
        cloud.remove(leftover);
    }

    @Override
    public void close() {
        cloud.close();
    }
}
