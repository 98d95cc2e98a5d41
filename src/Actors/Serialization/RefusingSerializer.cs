using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Mmm.Actors.Serialization;

/// <summary>
/// Stands where Akka.NET has Newtonsoft.Json, its catch-all that writes type names into the payload and, when reading, makes
/// whatever type the payload names. It takes that one's number too, so that a payload sent for it is refused as well.
/// </summary>
public sealed class RefusingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    /// <summary>The number of Akka's NewtonSoftJsonSerializer (<c>akka.actor.serialization-identifiers</c> in Akka's reference.conf).</summary>
    public const int NewtonsoftIdentifier = 1;

    /// <summary>Akka calls this one, because its reference.conf has <c>akka.actor.serialization-settings.json</c>.</summary>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;

    public override int Identifier => NewtonsoftIdentifier;

    public override bool IncludeManifest => true;

    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} cannot be sent to another node: only records marked IWireMessage may be");

    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException("A message was refused: its sender used the general-purpose serializer, and only known messages are read");
}

/// <summary>
/// Stands where Akka.Remote has the messages of remote deployment, with which a peer makes actors of types it names. Nothing here
/// deploys actors remotely.
/// </summary>
public sealed class RefusingDeploymentSerializer(ExtendedActorSystem system) : Serializer(system)
{
    /// <summary>The number of Akka's DaemonMsgCreateSerializer (<c>akka.actor.serialization-identifiers</c> in Akka.Remote's reference.conf).</summary>
    public const int DaemonMsgCreateIdentifier = 3;

    public override int Identifier => DaemonMsgCreateIdentifier;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new SerializationException("Remote deployment is switched off: an actor cannot be created on another node");

    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("Remote deployment is switched off: the creation of an actor was refused");
}
