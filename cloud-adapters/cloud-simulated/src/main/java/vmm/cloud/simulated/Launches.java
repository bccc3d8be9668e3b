package vmm.cloud.simulated;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;

import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;

/** The creates of one simulated cloud, with everything that weather can do to them. */
final class Launches {

    private final Instances instances;
    private final Faults faults;
    private final InstantSource clock;
    private final SimulatedOptions options;

    Launches(Instances instances, Faults faults, InstantSource clock, SimulatedOptions options) {
        this.instances = instances;
        this.faults = faults;
        this.clock = clock;
        this.options = options;
    }

    CreateAnswer create(LaunchSpec spec, Weather weather) throws SQLException {
        faults.sleep(weather.createTime());
        var mishap = faults.ofChange(weather);
        if (mishap.isPresent()) {
            var why = mishap.get().why();
            return mishap.get().evident()
                    ? new CreateAnswer.Refused(why)
                    : new CreateAnswer.Unknown(why);
        }
        var refusal = refusal(spec, weather);
        return refusal.isPresent() ? new CreateAnswer.Refused(refusal.get()) : bear(spec, weather);
    }

    private CreateAnswer bear(LaunchSpec spec, Weather weather) throws SQLException {
        boolean late = faults.strikes(Fault.LATE_BIRTH, weather.lateBirth());
        var now = Sql.toMicros(clock.instant());
        var born = late ? now.plus(weather.lateBy()) : now;
        var rules =
                new Instances.Rules(weather.capacity(), weather.quota(), options.deduplicates());
        return switch (instances.bear(
                spec, now, born, faults.fate(weather, born), rules, faults::newInstanceId)) {
            case Instances.Birth.Born(String id) -> answer(id, late, weather);
            case Instances.Birth.NoRoom() -> {
                faults.count(Fault.NO_CAPACITY);
                yield new CreateAnswer.Refused(noCapacity(spec));
            }
            case Instances.Birth.OverQuota() -> {
                faults.count(Fault.QUOTA_EXCEEDED);
                yield new CreateAnswer.Refused(
                        new CloudFailure.QuotaExceeded("the quota of instances is used up"));
            }
        };
    }

    private CreateAnswer answer(String id, boolean late, Weather weather) {
        if (late) return new CreateAnswer.Unknown(faults.hang());
        var lost = faults.afterEffect(weather);
        return lost.isPresent()
                ? new CreateAnswer.Unknown(lost.get())
                : new CreateAnswer.Accepted(id);
    }

    private Optional<CloudFailure> refusal(LaunchSpec spec, Weather weather) {
        if (!options.flavors().isEmpty() && !options.flavors().contains(spec.flavor())) {
            return Optional.of(new CloudFailure.Rejected("there is no flavor " + spec.flavor()));
        }
        if (!options.images().isEmpty() && !options.images().contains(spec.image())) {
            return Optional.of(new CloudFailure.Rejected("there is no image " + spec.image()));
        }
        if (faults.strikes(Fault.REJECTED, weather.rejected())) {
            return Optional.of(new CloudFailure.Rejected("the request was called wrong"));
        }
        return faults.strikes(Fault.NO_CAPACITY, weather.noCapacity())
                ? Optional.of(noCapacity(spec))
                : Optional.empty();
    }

    private static CloudFailure noCapacity(LaunchSpec spec) {
        return new CloudFailure.NoCapacity(spec.flavor(), "no room for another " + spec.flavor());
    }
}
