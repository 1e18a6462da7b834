-- Records of garments that came back and left with no line that is known: each is read again once its garment has left.
create table garment_waiting (
    connection  text not null,
    tag         text not null,
    record_id   bigint not null,
    primary key (connection, tag, record_id)
);
