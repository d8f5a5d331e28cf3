/** How each network's own classes speak of the room taxonomy. Chosen by meaning, not by looking at results. */
import type { RoomType } from '../domain.ts';

/**
 * Places365 scene classes (Zhou et al., 2017; names without the leading letter folder) by the room they are evidence
 * for. Classes that are no part of a property are left out: their mass says nothing about which room it is. A class may
 * speak for two rooms that look alike (cabinets and appliances: kitchen and laundry); the prior then decides.
 */
export const PLACES_ROOMS: Readonly<Partial<Record<RoomType, readonly string[]>>> = {
  exterior_front: [
    'house', 'mansion', 'manufactured_home', 'cottage', 'chalet', 'beach_house', 'driveway', 'apartment_building/outdoor',
    'building_facade', 'inn/outdoor', 'hunting_lodge/outdoor', 'oast_house', 'doorway/outdoor', 'motel', 'hotel/outdoor',
    'palace', 'embassy', 'schoolhouse', 'cabin/outdoor', 'barn', 'tree_house', 'office_building', 'museum/outdoor',
    'library/outdoor', 'church/outdoor', 'garage/outdoor', 'shed',
  ],
  aerial: ['residential_neighborhood', 'village', 'slum', 'downtown', 'golf_course', 'farm'],
  entry: ['entrance_hall', 'lobby'],
  living_room: ['living_room', 'waiting_room', 'artists_loft', 'bow_window/indoor', 'nursing_home', 'reception'],
  family_room: ['television_room', 'recreation_room', 'playroom'],
  kitchen: ['kitchen', 'galley', 'wet_bar', 'restaurant_kitchen', 'pantry', 'cafeteria', 'utility_room', 'laundromat'],
  dining_room: ['dining_room', 'dining_hall', 'banquet_hall', 'conference_room', 'restaurant'],
  bedroom: ['bedroom', 'bedchamber', 'hotel_room', 'youth_hostel', 'dorm_room', 'nursery', 'childs_room', 'berth', 'hospital_room'],
  bathroom: ['bathroom', 'shower', 'jacuzzi/indoor', 'sauna'],
  office: ['home_office', 'office', 'office_cubicles', 'computer_room', 'library/indoor', 'classroom'],
  laundry: ['utility_room', 'laundromat'],
  closet: ['closet', 'dressing_room', 'clothing_store', 'locker_room'],
  hallway: ['corridor', 'elevator_lobby', 'alcove', 'elevator/door'],
  stairs: ['staircase', 'mezzanine', 'fire_escape', 'escalator/indoor'],
  basement: ['basement', 'storage_room'],
  attic: ['attic'],
  garage: ['garage/indoor', 'parking_garage/indoor'],
  gym: ['gymnasium/indoor', 'martial_arts_gym', 'boxing_ring'],
  media_room: ['home_theater', 'movie_theater/indoor'],
  balcony: ['balcony/exterior', 'balcony/interior', 'roof_garden'],
  patio: ['patio', 'porch', 'pavilion', 'courtyard', 'gazebo/exterior', 'restaurant_patio', 'beer_garden', 'picnic_area'],
  pool: ['swimming_pool/outdoor', 'swimming_pool/indoor', 'swimming_hole', 'water_park', 'hot_spring'],
  garden: [
    'yard', 'lawn', 'vegetable_garden', 'formal_garden', 'botanical_garden', 'japanese_garden', 'zen_garden',
    'topiary_garden', 'greenhouse/outdoor', 'greenhouse/indoor', 'park', 'orchard', 'fountain',
  ],
  view: ['ocean', 'coast', 'beach', 'mountain', 'mountain_snowy', 'lake/natural', 'sky', 'skyscraper', 'valley', 'harbor'],
  amenity: ['playground', 'bowling_alley', 'conference_center', 'athletic_field/outdoor'],
}; // biome-ignore format: a table

/** The head's seven classes; `exterior` says outdoors and no more, so it supports all of these. */
export const HEAD_ROOMS: Readonly<Record<string, readonly RoomType[]>> = {
  bathroom: ['bathroom', 'primary_bathroom', 'laundry'],
  bedroom: ['bedroom', 'primary_bedroom'],
  dining_room: ['dining_room'],
  exterior: [
    'exterior_front',
    'exterior_back',
    'aerial',
    'patio',
    'pool',
    'garden',
    'balcony',
    'view',
    'amenity',
    'garage',
  ],
  hallway: ['hallway', 'entry', 'stairs', 'closet', 'basement', 'attic'],
  kitchen: ['kitchen'],
  living_room: ['living_room', 'family_room', 'media_room', 'office', 'gym'],
};

/** Rooms seen from outside: for the indoor or outdoor question and for hero candidates. */
export const OUTDOOR_ROOMS: readonly RoomType[] = [
  'exterior_front', 'exterior_back', 'aerial', 'patio', 'pool', 'garden', 'balcony', 'view',
]; // biome-ignore format: one glance

/**
 * How often each room is photographed in a listing, by our own judgement: most photos are of a few rooms. Rooms that
 * only a person can tell (which bedroom is the primary one, what is the back) start low, so the plain name wins.
 */
export const ROOM_PRIOR: Readonly<Record<RoomType, number>> = {
  exterior_front: 10, exterior_back: 2, aerial: 3, entry: 2, living_room: 12, family_room: 2, kitchen: 12, dining_room: 6,
  primary_bedroom: 2, bedroom: 12, primary_bathroom: 2, bathroom: 9, office: 3, laundry: 1.5, closet: 1, hallway: 3,
  stairs: 3, basement: 1, attic: 0.5, garage: 1.5, gym: 0.7, media_room: 0.5, balcony: 2, patio: 4, pool: 4, garden: 4,
  view: 1, amenity: 0.7, detail: 1, floor_plan: 0.7, other: 0.5,
}; // biome-ignore format: a table

/** What CLIP is asked, `{}` standing in these sentences (an ensemble after Radford et al., 2021). */
export const PROMPT_SENTENCES = [
  'a photo of {}.',
  'a real estate listing photo of {}.',
  'an interior design photo showing {}.',
];
export const ROOM_PROMPTS: Readonly<Record<RoomType, readonly string[]>> = {
  exterior_front: ['the front of a house seen from the street', 'the facade of a home'],
  exterior_back: ['the back of a house seen from its backyard'],
  aerial: ['a house seen from a drone in the air', 'an aerial view of a property'],
  entry: ['the entry hall of a home with its front door', 'a foyer'],
  living_room: ['a living room', 'a lounge with a sofa'],
  family_room: ['a family room with a television'],
  kitchen: ['a kitchen', 'a kitchen with cabinets and an island'],
  dining_room: ['a dining room', 'a dining table with chairs'],
  primary_bedroom: ['a large primary bedroom suite'],
  bedroom: ['a bedroom', 'a bedroom with a bed'],
  primary_bathroom: ['a luxurious primary bathroom with a tub and double vanity'],
  bathroom: ['a bathroom', 'a bathroom with a sink and a shower'],
  office: ['a home office', 'a desk in a study'],
  laundry: ['a laundry room with a washing machine'],
  closet: ['a walk-in closet', 'a dressing room'],
  hallway: ['a hallway', 'a corridor in a home'],
  stairs: ['a staircase in a home'],
  basement: ['a basement'],
  attic: ['an attic'],
  garage: ['the inside of a garage'],
  gym: ['a home gym with exercise machines'],
  media_room: ['a home theater room with a screen'],
  balcony: ['a balcony of an apartment'],
  patio: ['a patio with outdoor furniture', 'a covered terrace'],
  pool: ['a swimming pool'],
  garden: ['a garden', 'a backyard lawn with plants'],
  view: ['the view from a window or terrace', 'a landscape view'],
  amenity: ['a shared amenity of an apartment building'],
  detail: ['a close-up of an interior detail', 'a close-up of a faucet or handle'],
  floor_plan: ['a floor plan drawing'],
  other: ['something that is not part of a home'],
};

/** Rooms that no network tells from their plain sibling: they get its evidence, and their own (lower) prior. */
export const LOOKS_LIKE: Readonly<Partial<Record<RoomType, RoomType>>> = {
  exterior_back: 'exterior_front',
  primary_bedroom: 'bedroom',
  primary_bathroom: 'bathroom',
};
