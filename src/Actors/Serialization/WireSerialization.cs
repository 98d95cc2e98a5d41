namespace Mmm.Actors.Serialization;

/// <summary>How an actor system is told to use <see cref="WireSerializer"/> and nothing general-purpose.</summary>
public static class WireSerialization
{
    /// <summary>
    /// HOCON for <c>ConfigurationFactory.ParseString</c>, one key per line; every actor system of the product, agents' too, has it as its
    /// own configuration (not as a fallback). Akka's internal messages keep their own serializers, which are bound more narrowly.
    /// </summary>
    public static string Hocon() =>
        $"""
        akka.actor.serializers.mmm-wire = "{NameOf(typeof(WireSerializer))}"
        akka.actor.serializers.json = "{NameOf(typeof(RefusingSerializer))}"
        akka.actor.serializers.daemon-create = "{NameOf(typeof(RefusingDeploymentSerializer))}"
        akka.actor.serialization-bindings."Mmm.Shared.Messages.IWireMessage, Mmm.Shared" = mmm-wire
        akka.actor.serialization-bindings."System.Object" = json
        akka.remote.dot-netty.tcp.maximum-frame-size = {WireSerializer.MaxBytes + EnvelopeBytes}b
        """;

    /// <summary>Room for Akka's envelope (paths of sender and recipient, manifest) around the largest payload.</summary>
    private const int EnvelopeBytes = 64 * 1024;

    private static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
